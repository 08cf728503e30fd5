import { isKnownWord } from '../known-words.ts'
import { countries, streetNouns } from './address-words.ts'
import type { PiiMatch } from './pii-match.ts'

/** One to four capital words with initials and particles between: `Hanne I. Kreutzmann`, `Ana de la Cruz`, `O'Brien`. */
const capitalName =
  /(?<![\p{L}\p{N}'’-])\p{Lu}[\p{L}'’-]{1,30}(?: (?:\p{Lu}\.?|(?:de|la|van|von|der|den|ten|ter|da|dos|di|al|el|bin)(?: (?:la|los|den|der))?)(?= \p{Lu}))?(?: \p{Lu}[\p{L}'’-]{1,30}){0,2}(?: (?:II|III|IV|Jr|Sr)\b\.?)?(?![\p{L}\p{N}])/gu
/** In a text without capitals: one word or two, with an initial between. */
const smallName = /(?<![\p{L}\p{N}'’-])\p{L}[\p{L}'’-]{1,30}(?: (?:\p{L}\.? )?\p{L}[\p{L}'’-]{1,30})?(?![\p{L}\p{N}])/gu

/** After these a name follows for sure, even one that is also a word. */
const sureCue =
  /(?:\b(?:my|her|his|their|the|first|last|maiden|full|middle|user|surname|real)[ -](?:\w+[’']?s? )?(?:sur)?name(?:[’']s| is|:| was)?|\bname is|\bmein name ist|\bich hei(?:ß|ss)e|\bnamens|\bname ?:|\bname\? (?:user: ?)?(?:it[’']s |i[’']?m )?|\bname on the \w+\? (?:user: ?)?|(?<![\p{L}])(?:mr|mrs|ms|miss|dr|prof|sir|herr|herrn|frau|mme|señor|señora)\b\.?)\s*$/iu
/** After these a name may follow: it must not be a frequent word. */
const likelyCue =
  /(?:\b(?:hei(?:ß|ss)t|called|named|genannt|follow up with|tribute to|speak(?:ing)? (?:to|with)|talk(?:ed|ing)? (?:to|with)|spoke (?:to|with)|said|says|shouted at|told|asked|said \S+ to|shouted \S+ at|married to|features|featuring|producer|singer|player|actor|actress|director|regards,|greetings,|cheers,|grüße,|signed,|attn:?|c\/o|my (?:friend|brother|sister|son|daughter|wife|husband|partner|boss|teacher|neighbou?r|doctor|coach)(?: is)?|meine? (?:freund|freundin|bruder|schwester|sohn|tochter|frau|mann|lehrer|lehrerin|nachbar)|why is|this is|i am|i[’']m|it[’']s|ich bin|das ist)|(?:^|\n|[.!?] )(?:hi|hello|hey|dear|hallo|liebe|lieber|servus),?)\s+$/iu
/** Said of a person, behind the name. */
const behindCue =
  /^(?:[’']s (?:daughter|son|mother|father|mom|mum|dad|brother|sister|wife|husband|house|address|phone|number|birthday|friend|office|account|party|card|email|car|school|class|room|book)| (?:shouted|said|says|explained|told|replied|asked|whispered|will be (?:talking|speaking)|lives|called|texted|wants|needs)\b|, the \p{L}+(?: \p{L}+)?, said| from \p{Lu}[\p{L}&. -]{1,40} is )/u
const cueReach = 40
/** A longer text is a document: whoever is named in it is named in its begin, or is not the household's. */
const mostCharacters = 16_384

const notPeople: ReadonlySet<string> = new Set(
  'inc ltd llc gmbh ag corp company group university school college hospital bank institute association society museum church city county state island islands river lake mountain mount valley beach park station airport hotel restaurant force forces army navy act treaty union republic kingdom war game games band album song day week north south east west new old san santa saint st los las el great united royal national international american british english german french spanish european house senate congress court party league cup club team'.split(
    ' ',
  ),
)

/** Names of people, told by what stands around them: most are found in letters and forms, few in prose. */
export function findPeople(given: string): readonly PiiMatch[] {
  const text = given.slice(0, mostCharacters)
  const isSmallText = !/\p{Lu}/u.test(text)
  const found: PiiMatch[] = []
  for (const { 0: word, index } of text.matchAll(isSmallText ? smallName : capitalName)) {
    const hit = word.replace(/[’']s$/i, '')
    const match = isSmallText ? judgeSmall(text, hit, index) : judge(text, hit, index)
    if (match !== undefined) found.push(match)
  }
  return found
}

function judge(text: string, hit: string, index: number): PiiMatch | undefined {
  const before = text.slice(Math.max(0, index - cueReach), index)
  if (sureCue.test(before) && text.charAt(index + hit.length) !== ':') return personAt(index, hit, 0.9)
  const { name, at } = withoutOpening(text, hit, index)
  const parts = name.toLowerCase().split(' ')
  const isThing = parts.some((part) => notPeople.has(part) || streetNouns.has(part) || countries.has(part))
  if (isThing || !parts.some((part) => part.length > 2 && !isKnownWord(part))) return undefined
  return isToldAsPerson(text, name, at) ? personAt(at, name, 0.8) : undefined
}

function isToldAsPerson(text: string, name: string, start: number): boolean {
  const end = start + name.length
  const isFull = name.includes(' ')
  if (isFull && (withInitial.test(name) || standsAlone(text, start, end))) return true
  if (opensSpeech(text, start, end)) return true
  return likelyCue.test(text.slice(Math.max(0, start - cueReach), start)) || behindCue.test(text.slice(end, end + cueReach))
}

const greeting = /^(?:hi|hello|hey|dear|hallo|liebe|lieber|servus)$/i
const withInitial = /^\p{Lu}[\p{L}'’-]+ \p{Lu}\.? \p{Lu}[\p{L}'’-]+$/u

/** The first line of a letterhead or form: nothing else stands in it, and more lines follow. */
function standsAlone(text: string, start: number, end: number): boolean {
  return (start === 0 || /^\W*$/.test(text.slice(0, start))) && /^[ \t]*\n/.test(text.slice(end, end + 3))
}

/** `Koppány: "Who are you?"` at the begin of a line. */
function opensSpeech(text: string, start: number, end: number): boolean {
  return (start === 0 || text.charAt(start - 1) === '\n') && /^: ?["“]/.test(text.slice(end, end + 3))
}

/** Without the word that begins a sentence and is no part of the name: `Why Katrine`, `Hi Freddy`. */
function withoutOpening(text: string, hit: string, index: number): { readonly name: string; readonly at: number } {
  const [first = '', ...others] = hit.split(' ')
  const opensSentence = index === 0 || /[.!?:\n"“] ?$/.test(text.slice(Math.max(0, index - 2), index))
  if (!opensSentence || !(isKnownWord(first.toLowerCase()) || greeting.test(first))) return { name: hit, at: index }
  return { name: others.join(' '), at: index + first.length + 1 }
}

function judgeSmall(text: string, hit: string, index: number): PiiMatch | undefined {
  const before = text.slice(Math.max(0, index - cueReach), index)
  const parts = hit.split(' ')
  const known = parts.findIndex((part) => isKnownWord(part))
  const name = (known === -1 ? parts : parts.slice(0, known)).join(' ')
  if (name.length < 3) return undefined
  return sureCue.test(before) || likelyCue.test(before) ? personAt(index, name, 0.7) : undefined
}

function personAt(start: number, name: string, score: number): PiiMatch {
  return { type: 'PERSON', start, end: start + name.length, score }
}
