import { isKnownWord } from './known-words.ts'
import type { Token } from './tokens.ts'

/** unknown: too little text to tell, which counts as a language we know. */
export type Language = 'en' | 'de' | 'other' | 'unknown'

function words(text: string): ReadonlySet<string> {
  // as the normaliser writes it
  return new Set(text.replaceAll('ı', 'i').split(' '))
}

const english = words(
  'the a an i you he she it we they is are was were be am do does did have has had can could will would should what who when where why how this that these those my your his her our their me him us them in on at to of for from with about and or but not no yes if so because than then there here im dont cant whats its ive please help tell me make want need know like get go going just really some any all more most out up down over very too also as by into after before got wanna gonna idk u ur hi hello hey thanks thank okay ok lol best mom dad mum friend school game play much many long old big new good bad right tonight yesterday today tomorrow write explain give show story',
)
const german = words(
  'der die das ein eine einen einem einer ich du er sie es wir ihr ist sind war waren sein bin hat habe haben hatte kann können konnte will wollen würde soll sollte was wer wann wo warum wieso wie welche dieser diese dieses mein meine meinen meinem meiner dein deine seine ihre unser mich mir dich dir ihm ihn uns um uhr halb heißt heiße name euch in im an am auf zu zum zur von vom für mit aus bei über und oder aber nicht kein keine nein ja wenn so weil als dann da hier dass bitte hilf sag erzähl mach gibt geht gehen machen wissen mag gern sehr viel mehr auch noch schon nur mal man nach vor unter gegen ohne bis hallo danke heute gestern morgen immer wieder mama papa freund schule spiel lange groß neu gut schlecht halt doch hab hast bist',
)
/** Frequent words of languages that families here speak as well, without those that are English or German words too. */
const others = words(
  "le la les un une des du et est sont je tu il elle nous vous ils pas que qui quoi pourquoi comment où quand avec pour dans sur mais ou mon mes ton ta tes son sa ses ce cette très plus aussi suis peux veux fait faire moi toi ça c'est el los las una unos y es son soy yo tú él nosotros no sí qué quién por qué cómo dónde cuándo con para en sobre pero mis tu tus su sus este esta muy más también estoy puedo puede quiero hacer tengo tiene como porque il lo gli uno ed è sono io noi voi loro non che chi perché come dove quando nel nella di da sul mio tuo tua suo sua questo questa molto anche posso voglio fare ho hai ha cosa o os as uma uns e são eu você ele ela nós eles não quem porque onde quando em no na do da meu minha seu sua isso muito mais também posso quero fazer tenho de het een en zijn ik jij hij zij wij niet geen wat wie waarom hoe waar wanneer met voor op aan maar mijn jouw dit dat deze heel meer ook kan wil maken heb heeft i w z na do nie to jest są ja ty on ona my wy co kto dlaczego jak gdzie kiedy czy moja mój twój ta bardzo też mogę chcę zrobić mam się że ve bir bu nasıl neden nerede sen biz siz onlar var yok değil için ile çok daha da mı mu benim senin istiyorum yapmak och att det är jag du han hon vi inte vad vem varför hur var när med för på men min mitt mycket också kan vill göra har og er jeg ikke hva hvem hvorfor hvordan hvor når til av si nu este sunt eu care cum unde pentru mai foarte pot vreau fac am a az és hogy nem ki miért hogyan hol mikor van vagy de ez nagyon is tudok akarok je se ve že co kdo proč kde když jsem jsi jsou není moje tvůj velmi také mohu chci si ai la cu pe ce ya sa ng ang ako ikaw siya hindi paano bakit saan ano yang dan di ini itu saya kamu dia tidak apa siapa mengapa bagaimana dimana untuk dengan tôi bạn là không có làm thế nào",
)

const latin = /^\p{Script=Latin}/u
const letter = /^\p{L}/u
/** Fewer words than this can be names, a game or a typo. */
const fewestWords = 3
const foreignShare = 0.3
const familiarShare = 0.5
/** The language of a long text shows at its beginning. */
const mostWords = 400

/**
 * The language of a text by its frequent words and its script; cheap, and careful to call something foreign only where
 * it looks so. `other` = neither English nor German.
 */
export function findLanguage(tokens: readonly Token[]): Language {
  const words = tokens.slice(0, mostWords).flatMap(({ word }) => (letter.test(word) ? [word] : []))
  if (words.length === 0) return 'unknown'
  const count = (test: (word: string) => boolean): number => words.filter(test).length
  if (count((word) => !latin.test(word)) / words.length > foreignShare) return 'other'
  if (words.length < fewestWords) return 'unknown'
  const [asEnglish, asGerman, asOther] = [english, german, others].map((known) => count((word) => known.has(word)))
  const language = compare({ english: asEnglish ?? 0, german: asGerman ?? 0, other: asOther ?? 0 }, words.length)
  // a list of things has no frequent words, and short words of one language are words of another
  return language === 'other' && count(isKnownWord) >= words.length * familiarShare ? 'unknown' : language
}

function compare(counts: Readonly<Record<'english' | 'german' | 'other', number>>, words: number): Language {
  const known = Math.max(counts.english, counts.german)
  if (counts.other > known) return 'other'
  if (known === 0) return words >= 2 * fewestWords ? 'other' : 'unknown'
  return counts.german > counts.english ? 'de' : 'en'
}
