import { hasCue } from './cues.ts'
import type { PiiMatch } from './pii-match.ts'

const date =
  /(?<![\p{L}\p{N}])(?:\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|\d{1,2}(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)\p{L}{0,7}\.?,?\s+\d{4}|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\p{L}{0,7}\.?\s+\d{1,2}(?:st|nd|rd|th)?,?\s+\d{4})(?![\p{L}\p{N}])/giu

/** Dates that are called someone's birthday. */
export function findBirthDates(text: string): readonly PiiMatch[] {
  return [...text.matchAll(date)]
    .filter(({ index }) => hasCue(text, index, 'born'))
    .map(({ 0: hit, index }) => ({ type: 'DATE_TIME', start: index, end: index + hit.length, score: 0.9 }))
}

const cuedCode =
  /\b(?:zip(?:\s?code)?|postal\s+code|post\s?code|plz|postleitzahl|code\s+postal)\b(?:\s+(?:is|ist|lautet|est))?[\s:#=]{0,3}(?<code>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|[A-Z]\d[A-Z] ?\d[A-Z]\d|(?:[A-Z]{1,2}-)?\d{3,5}(?:[ -]?\d{2,4}|[ ][A-Z]{2})?)(?![\p{L}\p{N}])/giu
const ukCode =
  /(?<![\p{L}\p{N}])(?:[A-PR-UWYZ]\d{1,2}|[A-PR-UWYZ][A-HK-Y]\d{1,2}|[A-PR-UWYZ][A-HK-Y]?\d[A-HJKPSTUW]) \d[ABD-HJLNP-UW-Z]{2}(?![\p{L}\p{N}])/gu
const canadianCode = /(?<![\p{L}\p{N}])[ABCEGHJ-NPRSTVXY]\d[A-Z] \d[A-Z]\d(?![\p{L}\p{N}])/gu

/** Postal codes: those that are called so, and the British and Canadian ones, which look like nothing else. */
export function findPostalCodes(text: string): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (const { groups, 0: hit, index } of text.matchAll(cuedCode)) {
    const code = groups?.['code'] ?? ''
    found.push({ type: 'ZIP_CODE', start: index + hit.length - code.length, end: index + hit.length, score: 0.9 })
  }
  for (const pattern of [ukCode, canadianCode]) {
    for (const { 0: hit, index } of text.matchAll(pattern))
      found.push({ type: 'ZIP_CODE', start: index, end: index + hit.length, score: 0.85 })
  }
  return found
}
