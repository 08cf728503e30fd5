import type { JudgeVerdict } from '../contracts/guardrails.ts'
import { careCategories, isKidCategory } from './kid-categories.ts'

const actions: readonly string[] = ['allow', 'care', 'refuse'] satisfies readonly JudgeVerdict['action'][]

/** What a model said as judge; undefined if that is no verdict. A category that must be met with care is, whatever the model wrote. */
export function parseJudgement(answer: string): Omit<JudgeVerdict, 'model'> | undefined {
  // models without schema output like to wrap their JSON in words or a code block
  const from = answer.indexOf('{')
  const to = answer.lastIndexOf('}')
  const read = from < 0 || to < from ? undefined : parseJson(answer.slice(from, to + 1))
  if (typeof read !== 'object' || read === null || !('category' in read) || !('action' in read)) return undefined
  const { category, action } = read
  if (typeof category !== 'string' || !(category === 'none' || isKidCategory(category)) || !isAction(action)) return undefined
  return { category, action: action !== 'allow' && careCategories.has(category) ? 'care' : action }
}

function isAction(action: unknown): action is JudgeVerdict['action'] {
  return typeof action === 'string' && actions.includes(action)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
