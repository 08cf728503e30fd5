/** Ways to write a text so that its words are not there, by name. */
export const disguises: Readonly<Record<string, (text: string) => string>> = {
  leet: (text) => replaceEach(text, { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' }),
  'half leet': (text) => replaceEach(text, { a: '@', i: '!', o: '0' }),
  'greek and cyrillic letters': (text) => replaceEach(text, { a: 'а', e: 'е', o: 'ο', p: 'р', c: 'с', i: 'і' }),
  'zero width spaces': (text) => Array.from(text).join('\u200b'),
  'soft hyphens': (text) => text.replace(/\p{L}{2}/gu, '$&\u00ad'),
  'stacked marks': (text) => text.replace(/\p{L}/gu, '$&\u0336'),
  'full width': (text) => text.replace(/[!-~]/g, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0)),
  'bold letters': (text) => text.replace(/[a-z]/g, (letter) => String.fromCodePoint(0x1d41a + (letter.codePointAt(0) ?? 97) - 97)),
  'spaced letters': (text) =>
    text
      .split(' ')
      .map((word) => Array.from(word).join(' '))
      .join('   '),
  'dotted letters': (text) =>
    text
      .split(' ')
      .map((word) => Array.from(word).join('.'))
      .join(' '),
  'repeated letters': (text) => text.replace(/[aeiou]/g, '$&$&$&$&'),
  'upper case': (text) => text.toUpperCase(),
  base64: (text) => Buffer.from(text).toString('base64'),
  hex: (text) => Buffer.from(text).toString('hex'),
  url: (text) => Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  rot13: (text) => text.replace(/[a-z]/gi, rotate),
  reversed: (text) => Array.from(text).toReversed().join(''),
  'tag characters': (text) => Array.from(text, (letter) => String.fromCodePoint(0xe0000 + ((letter.codePointAt(0) ?? 0) % 128))).join(''),
}

function replaceEach(text: string, letters: Readonly<Record<string, string>>): string {
  return Array.from(text.toLowerCase(), (letter) => letters[letter] ?? letter).join('')
}

function rotate(letter: string): string {
  const base = letter <= 'Z' ? 65 : 97
  return String.fromCodePoint((((letter.codePointAt(0) ?? base) - base + 13) % 26) + base)
}
