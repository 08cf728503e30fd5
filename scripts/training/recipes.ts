import type { CategoryModel } from '../../src/guardrails/category-model.ts'
import { kidFeatureCount } from '../../src/guardrails/concepts.ts'
import type { ConceptFinder } from '../../src/guardrails/concepts.ts'
import { featureCount } from '../../src/guardrails/features.ts'
import { instructionFeatureCount } from '../../src/guardrails/instruction-features.ts'
import { toRawScore } from '../../src/guardrails/linear-model.ts'
import { careHandicap } from '../../src/guardrails/kid-safety-rail.ts'
import type { Lexicon, LexiconHit } from '../../src/guardrails/lexicon.ts'
import { matchByLanguage, weighRules } from '../../src/guardrails/rule-weight.ts'
import { toPoints, trainCalibrated } from './calibrate.ts'
import type { TrainedModel } from './calibrate.ts'
import { putIntoDocuments, readOrigins, readOwnInjection, toMailSentences, toOwnExamples, toSentences } from './examples.ts'
import type { DataFolders, GroupedExample, Origin } from './examples.ts'
import { fitCategories } from './fit-categories.ts'
import { fitLinear } from './fit-linear.ts'
import type { FitOptions } from './fit-linear.ts'
import { readOwnLabels } from './read-rows.ts'
import type { OwnLabel } from './read-rows.ts'
import { createConceptReader, createNgramReader, createSentenceReader, toTokens } from './to-words.ts'

/** A trained model with where it learned. */
export interface Recipe extends TrainedModel {
  readonly name: string
  readonly question: string
  readonly toSlots: FitOptions['toSlots']
  readonly origins: readonly { readonly name: string; readonly positive: number; readonly negative: number }[]
}

const rounds = { epochs: 8, learningRate: 0.1, averagedEpochs: 4 }
/** N-grams of a message or a sentence. */
const byNgrams: FitOptions = { ...rounds, dropout: 0.2, toSlots: createNgramReader(), slotCount: featureCount }
/** A sentence and how it stands in its document. */
const bySentence: FitOptions = { ...rounds, dropout: 0.2, toSlots: createSentenceReader(), slotCount: instructionFeatureCount }
const careCategories: ReadonlySet<string> = new Set(['self-harm', 'grooming', 'harm-at-home'])

/** Raw scores of the first round from which an unlabelled red-team text counts as unsafe, and up to which as harmless. */
const surelyUnsafe = 1
const surelyHarmless = -1.2
/** Of a red-team text that rules and a first model labelled, and of one that was read and labelled. */
const guessedWeight = 0.1
const readWeight = 2
/** Own mails are the only documents with an instruction inside. */
const mailWeight = 8
/** Rows in the voice of children are few beside the public ones, and nearest to what is asked. */
const ownWeight = 8
/** How the tasks of exams begin that are not questions. */
const taskStart = /^(?:find|compute|calculate|evaluate|determine|let|suppose|solve|which|what|how|define|select|choose|answer)\b/i
/** Texts of people to an assistant that are questions or orders, not remarks. */
const asksAssistant =
  /^(?:how (?:do|can|to|would)|what (?:is|are|was)|can you (?:tell|give|help|write|explain)|tell me|give me|write|explain|list|describe|who (?:is|was)|why (?:is|are|do))\b/i

type Sources = ReturnType<typeof readOrigins>

/** Does a message take the assistant away from its instructions? */
export function trainInjection(folders: DataFolders): Recipe {
  const sources = readOrigins(folders)
  const { take, grammar } = sources
  const origins = [
    take('jailbreaks-in-the-wild', 1, 1),
    take('gptfuzzer', 1, 1),
    take('deepset-train', 1, 1),
    grammar('injection', 0.5),
    grammar('injection-german', 0.5),
    take('deepset-train', 0, 2),
    take('notinject-one', 0, 3),
    take('benign-self-instruct', 0, 2),
    take('benign-truthfulqa', 0, 1),
    take('benign-mmlu', 0, 0.5),
    take('benign-gsm8k', 0, 0.3),
    take('openai-moderation', 0, 0.5, () => true),
    take('redteam-prompts', 0, 0.2, () => true),
    grammar('trigger-words', 0.7),
    grammar('general-questions', 0.5),
    grammar('safe-child', 0.2),
    grammar('safe-child-german', 0.2),
    toOwnExamples(trainRows(sources), 1, () => false),
    readOwnInjection(folders, 3),
  ]
  const question = 'does this message take the assistant away from its instructions?'
  return train({ name: 'injection', question, options: byNgrams }, origins, ({ group }) => /^(notinject|deepset|benign-self)/.test(group))
}

/** Does a sentence of a document instruct the assistant that reads it? */
export function trainInstruction(folders: DataFolders): Recipe {
  const sources = readOrigins(folders)
  const { take, grammar } = sources
  const mails = trainRows(sources).filter(({ direction }) => direction === 'tool')
  const clean = mails.filter(({ label }) => label === 0).map(({ text }) => text)
  const any = (): boolean => true
  const alone = [
    firstLines(take('bipia-train-payloads', 1, 2)),
    take('benign-self-instruct', 1, 1, any),
    toSentences(take('deepset-train', 1, 0.5), 0.5),
    toSentences(
      take('notinject-one', 1, 0.5, ({ category }) => category !== 'Multilingual'),
      0.5,
    ),
    take('benign-truthfulqa', 1, 1, any),
    questions(toSentences(take('benign-mmlu', 1, 0.3, any), 0.3)),
    questions(toSentences(take('benign-gsm8k', 1, 0.2, any), 0.2)),
    asPositive(grammar('general-questions', 0.3)),
    take('redteam-prompts', 1, 0.1, ({ text }) => asksAssistant.test(text)),
    grammar('instructions', 1),
    grammar('injection', 0.3),
    grammar('injection-german', 0.3),
    grammar('mails', 1),
  ]
  const origins = [
    ...alone.map((origin) => putIntoDocuments(origin, clean)),
    toSentences(
      take('bipia-train-contexts', 0, 2, ({ category }) => category === 'email'),
      2,
    ),
    remarks(toSentences(take('openai-moderation', 0, 0.3, any), 0.3)),
    statements(toSentences(take('benign-gsm8k', 0, 0.3), 0.3)),
    statements(toSentences(take('benign-mmlu', 0, 0.3), 0.3)),
    toSentences(take('davidson', 0, 0.2), 0.2),
    toMailSentences(mails, mailWeight),
  ]
  return train(
    { name: 'instruction', question: 'does this sentence instruct the assistant?', options: bySentence },
    origins,
    ({ group, label }) => label === 0 && /^(mail|bipia|openai|grammar mails|mails)/.test(group),
  )
}

/** What the rails of kid safety know besides the models. */
export interface KidKnowledge {
  readonly lexicons: readonly Lexicon[]
  readonly concepts: ConceptFinder
}

/** Is a text unsafe for a child, and is somebody in need of care? */
export function trainKidSafety(
  folders: DataFolders,
  { lexicons, concepts }: KidKnowledge,
): { readonly unsafe: Recipe; readonly care: Recipe; readonly category: CategoryModel } {
  const options: FitOptions = { ...rounds, epochs: 12, dropout: 0.2, toSlots: createConceptReader(concepts), slotCount: kidFeatureCount }
  const judge = (text: string): readonly LexiconHit[] => matchByLanguage(lexicons, toTokens(text), 'in')
  const sources = readOrigins(folders)
  const { take, grammar } = sources
  const clean = [
    ...['catqa', 'harmbench', 'forbidden-questions', 'strongreject', 'jbb-behaviors'].map((name) => take(name, 1, 1)),
    take('advbench', 1, 0.5),
    take('openai-moderation', 1, 0.5),
    grammar('unsafe-child', 1),
    grammar('unsafe-child-german', 1),
    ...['benign-truthfulqa', 'benign-self-instruct', 'notinject-one'].map((name) => take(name, 0, 1)),
    take('deepset-train', 0, 1),
    take('benign-mmlu', 0, 0.5),
    take('benign-gsm8k', 0, 0.5),
    take('openai-moderation', 0, 0.5),
    grammar('safe-child', 1),
    grammar('safe-child-german', 1),
    grammar('trigger-words', 0.5),
    grammar('general-questions', 1),
    toOwnExamples(trainRows(sources), ownWeight, ({ label }) => label === 1),
  ]
  const redTeam = relabel(
    take('redteam-prompts', 0, guessedWeight, () => true),
    { clean, judge, options, readLabel: readOwnLabels(folders.ownRows, 'redteam-prompts') },
  )
  const isMore = ({ group }: GroupedExample): boolean => group.startsWith('more ')
  const unsafe = train({ name: 'unsafe', question: 'is this unsafe for a child?', options }, [...clean, redTeam], isMore)
  const care = train({ name: 'care', question: 'does somebody need care here?', options }, careOrigins(sources), isMore)
  const calibration = toPoints(joinScores(unsafe, care, judge))
  return { unsafe: { ...unsafe, model: { ...unsafe.model, calibration } }, care, category: fitCategories(withCategory(sources)) }
}

/** What the rail of kid safety makes of harmless rows, by models that had not seen their idea and rules that were not written from them. */
function joinScores(unsafe: Recipe, care: Recipe, judge: (text: string) => readonly LexiconHit[]): readonly number[] {
  const asCare = new Map(care.held.map(({ example, raw }) => [example.text, raw]))
  return unsafe.held
    .filter(({ example }) => example.label === 0 && example.group.startsWith('more '))
    .map(({ example: { text }, raw }) => Math.max(raw, (asCare.get(text) ?? raw) - careHandicap) + weighRules(judge(text)))
}

function careOrigins(sources: Sources): readonly Origin[] {
  const { take, grammar } = sources
  const isCare = ({ category }: { readonly category: string }): boolean => careCategories.has(category)
  const asCare = ({ name, examples }: Origin): Origin => ({
    name,
    examples: examples.map((example) => ({ ...example, label: example.label === 1 && isCare(example) ? 1 : 0 })),
  })
  return [
    take('openai-moderation', 1, 0.5, ({ category }) => category.includes('SH')),
    asCare(grammar('unsafe-child', 1)),
    asCare(grammar('unsafe-child-german', 1)),
    ...['catqa', 'strongreject', 'jbb-behaviors'].map((name) => asCare(take(name, 1, 0.3))),
    ...['benign-truthfulqa', 'benign-self-instruct'].map((name) => take(name, 0, 1)),
    take('deepset-train', 0, 1),
    take('benign-gsm8k', 0, 0.3),
    take('openai-moderation', 0, 0.5),
    grammar('safe-child', 1),
    grammar('safe-child-german', 1),
    grammar('general-questions', 1),
    toOwnExamples(trainRows(sources), ownWeight, (row) => row.label === 1 && isCare(row)),
  ]
}

function withCategory({ grammar, own }: Sources): readonly GroupedExample[] {
  const rows = toOwnExamples(
    own.filter(({ set, label }) => set === 'train' && label === 1),
    1,
    () => true,
  )
  return [...grammar('unsafe-child', 1).examples, ...grammar('unsafe-child-german', 1).examples, ...rows.examples, ...rows.examples]
}

interface Relabelling {
  readonly clean: readonly Origin[]
  readonly judge: (text: string) => readonly LexiconHit[]
  readonly options: FitOptions
  readonly readLabel: (text: string) => OwnLabel | undefined
}

/** The labels that came with the red-team texts have no licence: these are ours, or where nobody read a text, our rules and a first model, agreeing. */
function relabel(redTeam: Origin, { clean, judge, options, readLabel }: Relabelling): Origin {
  const first = fitLinear(
    clean.flatMap(({ examples }) => examples),
    options,
  )
  const examples = redTeam.examples.flatMap((example): readonly GroupedExample[] => {
    const read = readLabel(example.text)
    if (read !== undefined) return read === 'unclear' ? [] : [{ ...example, label: read === 'unsafe' ? 1 : 0, weight: readWeight }]
    const raw = toRawScore(first, options.toSlots(example))
    const hits = judge(example.text)
    if (raw > surelyUnsafe || hits.some(({ rule }) => rule.level === 'sure')) return [{ ...example, label: 1 }]
    return raw < surelyHarmless && hits.length === 0 ? [{ ...example, label: 0 }] : []
  })
  return { name: 'redteam-prompts, labelled by us', examples }
}

function train(
  { name, question, options }: { readonly name: string; readonly question: string; readonly options: FitOptions },
  given: readonly Origin[],
  calibrates: (example: GroupedExample) => boolean,
): Recipe {
  const trained = trainCalibrated(
    given.flatMap(({ examples }) => examples),
    options,
    calibrates,
  )
  const origins = given.map((origin) => ({
    name: origin.name,
    positive: origin.examples.filter(({ label }) => label === 1).length,
    negative: origin.examples.filter(({ label }) => label === 0).length,
  }))
  return { ...trained, name, question, origins, toSlots: options.toSlots }
}

function trainRows({ own }: Sources): Sources['own'] {
  return own.filter(({ set }) => set === 'train')
}

/** Of an instruction with a block of code only the line that gives the order. */
function firstLines({ name, examples }: Origin): Origin {
  return { name, examples: examples.map((example) => ({ ...example, text: example.text.split('\n')[0] ?? '' })) }
}

function questions({ name, examples }: Origin): Origin {
  return { name: `${name}, questions`, examples: examples.filter(({ text }) => text.endsWith('?')) }
}

function asPositive({ name, examples }: Origin): Origin {
  return { name, examples: examples.map((example) => ({ ...example, label: 1 })) }
}

/** Without what may have been said to an assistant: forum texts hold prompts and questions too. */
function remarks({ name, examples }: Origin): Origin {
  return {
    name: `${name}, remarks`,
    examples: examples.filter(
      ({ text }) => !text.endsWith('?') && !/^(?:write|explain|list|describe|give|tell|create|generate|human:|q:)/i.test(text),
    ),
  }
}

/** Without questions: the question of a word problem does speak to its reader. */
function statements({ name, examples }: Origin): Origin {
  return { name, examples: examples.filter(({ text }) => !text.endsWith('?') && !taskStart.test(text)) }
}
