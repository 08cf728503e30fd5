/** Words that say what a number is. They stand before it in the same line, or closely behind it. */
const cues = {
  card: /\b(?:card|cards|cc|visa|mastercard|amex|maestro|kreditkarten?|karten?|kartennummer)\b/i,
  iban: /\b(?:iban|konto|account|bankverbindung)\b/i,
  ssn: /\b(?:ssn|social\s+security|sozialversicherung\w*)\b/i,
  version: /(?:\b(?:version|release|v|section|chapter|build|kapitel|abschnitt)\.?|\bv)\s*$/i,
  phone:
    /\b(?:phones?|telephone|tel|mobile|cell|cellphone|call(?:s|ed|ing)?|get\s+(?:me|us|him|her)\s+(?:at|on)|ring|dial|reach|text|sms|whatsapp|signal|fax|contact|registered|messages?\s+(?:to|on|at)|hotline|landline|handy\w*|telefon\w*|mobil\w*|anruf\w*|anzurufen|ruf\w*|erreich\w*|festnetz|durchwahl|(?:meine|unsere|deine|seine|ihre)\s+nummer|nummer\s+ist|my\s+number|number\s+is|numéro|móvil|teléfono)\b/i,
  notPhone:
    /\b(?:card|account|order|invoice|iban|ssn|security|passport|id|isbn|ean|zip|price|population|version|year|bestell\w*|rechnungs\w*|konto\w*|karten?\w*|plz|ausweis\w*|serial|tracking|ticket|flight|reference|ref|case|policy|room|page|chapter)\b[^\n]{0,20}$/i,
  born: /\b(?:born(?:\s+on)?|birth\s?day|date\s+of\s+birth|birth\s?date|dob|d\.o\.b|geboren|geburtstag|geburtsdatum|geb\.)\b/i,
  zip: /\b(?:zip|zip\s?code|postal\s+code|postcode|post\s+code|plz|postleitzahl|code\s+postal)\b/i,
} as const

export type CueName = keyof typeof cues

/** Characters before a number in which a cue counts. */
const reach = 60
const closeReach = 12
const reachBehind = 30

/** Does the line say before `start` (or closely behind `end`) what the number is? */
export function hasCue(text: string, start: number, name: CueName, end?: number): boolean {
  const before = text.slice(Math.max(0, start - (name === 'version' ? closeReach : reach)), start)
  if (cues[name].test(before)) return true
  return end !== undefined && cues[name].test(text.slice(end, end + reachBehind))
}
