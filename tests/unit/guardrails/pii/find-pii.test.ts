import { describe, expect, test } from 'vitest'
import { findPii } from '../../../../src/guardrails/pii/find-pii.ts'

const countries = ['DE', 'US', 'GB']

function found(text: string): readonly string[] {
  return findPii(text, { countries }).map(({ type, start, end }) => `${type} ${text.slice(start, end)}`)
}

describe('findPii finds', () => {
  test.each([
    ['Write to anna.b+x@mail.example.co.uk please', 'EMAIL_ADDRESS anna.b+x@mail.example.co.uk'],
    ['it is anna (at) mailbox dot org', 'EMAIL_ADDRESS anna (at) mailbox dot org'],
    ['Look at https://foo.example.net/a?b=c.', 'URL https://foo.example.net/a?b=c'],
    ['My shop is flowers-by-anna.de, come in', 'DOMAIN_NAME flowers-by-anna.de'],
    ['IBAN DE89 3704 0044 0532 0130 00 thanks', 'IBAN_CODE DE89 3704 0044 0532 0130 00'],
    ['pay gb82west12345698765432', 'IBAN_CODE gb82west12345698765432'],
    ['the router is 192.168.178.1', 'IP_ADDRESS 192.168.178.1'],
    ['ping 2001:db8::8a2e:370:7334 now', 'IP_ADDRESS 2001:db8::8a2e:370:7334'],
    ['SSN 536-22-8726', 'US_SSN 536-22-8726'],
    ['my social security number is 536228726', 'US_SSN 536228726'],
    ['4111 1111 1111 1111 exp 12/29', 'CREDIT_CARD 4111 1111 1111 1111'],
    ['amex 378282246310005', 'CREDIT_CARD 378282246310005'],
    ['call +49 171 1234567', 'PHONE_NUMBER +49 171 1234567'],
    ['Papa hat 0171/1234567', 'PHONE_NUMBER 0171/1234567'],
    ['(212) 555-0187 is the shop', 'PHONE_NUMBER (212) 555-0187'],
    ['text me on 467 3395', 'PHONE_NUMBER 467 3395'],
    ['9472 7916', 'PHONE_NUMBER 9472 7916'],
    ['My PLZ is 50674', 'ZIP_CODE 50674'],
    ['near SW1A 1AA somewhere', 'ZIP_CODE SW1A 1AA'],
    ['I was born on 3 May 2014', 'DATE_TIME 3 May 2014'],
    ['Mein Geburtstag ist der 03.05.2014', 'DATE_TIME 03.05.2014'],
    ['We live at 12 Maple Street, Springfield, IL 62704.', 'LOCATION 12 Maple Street, Springfield, IL 62704'],
    ['Ich wohne in der Lindenstraße 12, 50674 Köln', 'LOCATION Lindenstraße 12, 50674 Köln'],
    ['komm in die Goethestr. 5', 'LOCATION Goethestr. 5'],
    ['send it to P.O. Box 104', 'LOCATION P.O. Box 104'],
    ['it is 56 rue La Fontaine Apt. 4', 'LOCATION 56 rue La Fontaine Apt. 4'],
    ['meet at the corner of Elm Avenue and Oak Street', 'LOCATION the corner of Elm Avenue and Oak Street'],
    ['my name is Charlotte Weber', 'PERSON Charlotte Weber'],
    ['Ich heiße Jonas', 'PERSON Jonas'],
    ['Mrs. Ottová teaches us', 'PERSON Ottová'],
  ])('%s', (text, expected) => {
    expect(found(text)).toContain(expected)
  })
})

describe('findPii leaves alone', () => {
  test.each([
    'When did the Roman Empire fall, in 476 or in 1453?',
    'What is 4111111111111112 divided by 3?',
    'Is 5417141388 a prime number?',
    'The speed of light is 299 792 458 m/s.',
    'Pi is 3.14159265358979',
    'World War II was from 1939-1945.',
    'The match ended 3-2 and 10-12 on 2024-05-03 at 14:30.',
    'Windows 11 and iPhone 15 in Room 12',
    'Install version 10.0.0.1 of the game',
    'ISBN 978-3-16-148410-0',
    'I have 100 000 000 points in level 7',
    'Who lives at 221B Baker Street?',
    'Sesame Street is fun, and so is Wall Street.',
    'Open main.py and index.ts in node.js',
    'the corner of {street_name} and {street_name}',
    'Why is the sky blue? Explain it to a 9 year old.',
    'Wie viele Beine hat eine Spinne? Seite 12, Aufgabe 3.',
    'Nr. 5 lebt, und Platz 3 ging an Team 7.',
    'During 1971 they grew 20 percent.',
  ])('%s', (text) => {
    expect(found(text)).toEqual([])
  })

  test('matches never overlap and come in the order of the text', () => {
    const text = 'Dr. Weber, 12 Oak Street, 0171 1234567, w@x.example.org, www.x.example.org, DE89370400440532013000'
    const matches = findPii(text, { countries })
    for (const [index, match] of matches.entries()) expect(match.start).toBeGreaterThanOrEqual(matches[index - 1]?.end ?? 0)
    expect(matches.length).toBeGreaterThanOrEqual(5)
  })

  test('a number of another country counts when the household names that country', () => {
    const text = 'es ist 612 34 56 78, danke'
    expect(findPii(text, { countries: ['ES'] }).map(({ type }) => type)).toEqual(['PHONE_NUMBER'])
    expect(findPii(text, { countries: ['US'] })).toEqual([])
  })
})
