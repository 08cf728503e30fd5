import { addPairs, extractFeatures, featureCount } from './features.ts'

/** Room for the signs below, one slot for each and each pair of two. */
const mostSigns = 32
/** What the model of instructions weighs: n-grams of a sentence, and how it stands in its document. */
export const instructionFeatureCount: number = featureCount + (mostSigns * (mostSigns + 1)) / 2

/** A document with its words counted, so that a sentence can be compared with the rest. */
export interface SentenceContext {
  /** How often each word stands in the document, the sentence itself included. */
  readonly counts: ReadonlyMap<string, number>
  /** The number of the sentence, and of how many. */
  readonly index: number
  readonly of: number
}

/** Counts the words of a document. */
export function countWords(words: Iterable<string>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** The slots of a sentence of a document: its n-grams, the signs it gives, and the pairs of these. `text` in lower case. */
export function extractInstructionFeatures(text: string, words: readonly string[], context: SentenceContext): Uint16Array {
  const signs = [...new Set([...readCohesion(words, context.counts), ...readWords(words), ...readShape(text, words, context)])]
  signs.sort((one, other) => one - other)
  return addPairs(extractFeatures(words), signs)
}

const shortestContent = 4

/** How much of what a sentence speaks of is spoken of elsewhere in the document: what was put in has its own subject. */
function readCohesion(words: readonly string[], counts: ReadonlyMap<string, number>): readonly number[] {
  const own = countWords(words.filter((word) => word.length >= shortestContent && !fillers.has(word)))
  if (own.size === 0) return [0]
  let shared = 0
  for (const [word, count] of own) if ((counts.get(word) ?? 0) > count) shared += 1
  const share = shared / own.size
  const degree = share === 0 ? 1 : share < 0.15 ? 2 : share < 0.34 ? 3 : 4
  return shared === 0 && own.size >= 4 ? [degree, 5] : [degree]
}

/** Whom it speaks to, and what about. */
function readWords(words: readonly string[]): readonly number[] {
  const signs: number[] = []
  const spaced = ` ${words.join(' ')} `
  const distinct = new Set(words)
  const count = ({ single, longer }: Phrases): number =>
    [...distinct].filter((word) => single.has(word)).length + longer.filter((phrase) => spaced.includes(phrase)).length
  const start = words.findIndex((word) => !openers.has(word))
  if (orders.has(words[start] ?? '')) signs.push(6)
  if (words.some((word) => orders.has(word))) signs.push(7)
  if (count(machines) > 0) signs.push(8)
  const tasks = count(taskPhrases)
  if (tasks > 0) signs.push(9)
  if (tasks > 1) signs.push(10)
  if (words.some((word) => addressed.has(word))) signs.push(11)
  signs.push(words.some((word) => writers.has(word)) ? 12 : 13)
  if (words.some((word) => times.has(word))) signs.push(14)
  if (askers.has(words[0] ?? '')) signs.push(15)
  if (openers.has(words[0] ?? '')) signs.push(17)
  return signs
}

const speaksToReader =
  /^(?:you are|you will|you must|you should|your task|your job|du bist|du musst|du sollst|deine aufgabe|note to|hinweis an|an den|an die|to the|if you are|falls du|wenn du)\b/
const longSentence = 25
const shortSentence = 5

/** Where it stands and what it looks like. */
function readShape(text: string, words: readonly string[], { index, of }: SentenceContext): readonly number[] {
  const signs = [of <= 1 ? 18 : index === 0 ? 19 : index === of - 1 ? 20 : 21]
  if (/\?["')]*$/.test(text.trim())) signs.push(16)
  if (/[<>[\]{}#*]|--|:$/.test(text)) signs.push(23)
  if (words.length <= shortSentence) signs.push(24)
  if (words.length >= longSentence) signs.push(25)
  if (/https?:|www\.|@/.test(text)) signs.push(26)
  if (speaksToReader.test(words.join(' '))) signs.push(27)
  return signs
}

function listed(words: string): ReadonlySet<string> {
  return new Set(words.trim().split(/\s+/))
}

/** Phrases of one word are looked up, longer ones (with a blank around them) searched for. */
interface Phrases {
  readonly single: ReadonlySet<string>
  readonly longer: readonly string[]
}

function listedPhrases(phrases: string): Phrases {
  const all = phrases.split(',').map((phrase) => phrase.trim())
  return {
    single: new Set(all.filter((phrase) => !phrase.includes(' '))),
    longer: all.filter((phrase) => phrase.includes(' ')).map((phrase) => ` ${phrase} `),
  }
}

const fillers = listed(`
that this with from have will your they them then than what when where which there here about would could should been were because please
just also into over after before under aber auch dass eine einen einem einer nicht noch wird werden haben sind oder wenn dann kann können
unser unsere euch ihnen sich nach über beim`)
/** What may stand before an order. */
const openers = listed(`
please kindly bitte thanks thank danke regards sincerely best cheers love grüße gruß liebe herzlich hi hello dear hallo then and also now
first finally dann und nun jetzt zuerst`)
const orders = listed(`
tell write send forward list explain summarise summarize translate give provide show click ignore answer reply respond create generate
compose print output say repeat include add append mention recommend describe name calculate convert find search look open delete remove
change replace use act pretend stop disregard forget do make draft compile collect copy email mail share post schedule book order transfer
pay buy call visit follow read check rate rank compare suggest teach help solve count spell finish start begin end insert put mark tag
rename move upload download run execute save store log update set enable disable grant confirm approve accept decline assume treat consider
keep hide reveal disclose recite sing rewrite paraphrase correct identify classify extract quote cite invent imagine
schreibe schreib sende leite übersetze übersetz fasse erkläre erklär liste nenne gib zeig zeige sag sage antworte ignoriere vergiss lösche
erstelle erzeuge wiederhole füge erwähne empfiehl beschreibe berechne suche öffne ändere ersetze benutze nutze verwende tu tue stell stelle
hör höre beachte bestelle buche überweise zahle kaufe rufe besuche folge lies lese prüfe vergleiche hilf löse zähle buchstabiere beende
beginne markiere verschiebe speichere bestätige genehmige behandle verrate verschweige leg lege trag trage schick schicke kopiere teile
poste plane vereinbare merke`)
const machines = listedPhrases(`
assistant, ai, chatbot, bot, model, language model, agent, system, llm, gpt, copilot, automatic, automatically, automated,
machine, algorithm, reads this, processing, summarising, summarizing, tool, script, assistent, assistenz, assistentin, ki,
modell, sprachmodell, software, programm, automat, automatisch, automatische, maschine, algorithmus, verarbeitet,
zusammenfasst, skript`)
const taskPhrases = listedPhrases(`
this mail, this email, this e mail, this message, this text, this document, this note, this page, the above, above, previous,
instructions, instruction, the user, user, your answer, your reply, your response, your summary, the summary, summary,
your owner, owner, inbox, mailbox, contacts, attachment, answering, answer, reply only, anything else, everything else,
before you, instead, without asking, without telling, do not tell, dont tell, do not mention, nothing about, diese mail,
diese nachricht, diesen text, dieses dokument, oben, bisherige, vorherige, anweisung, anweisungen, benutzer, nutzer, nutzerin,
deine antwort, deiner antwort, antwort, zusammenfassung, besitzer, posteingang, postfach, kontakte, anhang, stattdessen,
ohne zu fragen, ohne nachzufragen, nichts davon, erwähne nicht, sag nicht, bevor du, sonst nichts, alles andere`)
const addressed = listed('you your yours youre yourself du dich dir dein deine deiner deinem deinen')
const writers = listed('i we my our us me ive im were ill ich wir mein meine meinen unser unsere uns mir mich')
const times = listed(`
monday tuesday wednesday thursday friday saturday sunday tomorrow today tonight yesterday week weekend morning afternoon evening montag
dienstag mittwoch donnerstag freitag samstag sonntag morgen heute abend gestern woche wochenende uhr am pm oclock`)
const askers = listed('what who where when why how which was wer wo wann warum wie welche welcher welches')
