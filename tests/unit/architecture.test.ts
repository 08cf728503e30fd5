import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { findStrangers, folderOf, mayImport, rootFiles } from '../support/import-rules.ts'
import type { SourceFiles } from '../support/import-rules.ts'

const sourceFolder = path.join(import.meta.dirname, '../../src')

function readSource(): SourceFiles {
  const files = globSync('**/*.ts', { cwd: sourceFolder }).map((file) => file.split(path.sep).join('/'))
  return new Map(files.toSorted().map((file) => [file, readFileSync(path.join(sourceFolder, file), 'utf8')]))
}

describe('the house', () => {
  const source = readSource()

  test('the walk found the house: a check that sees no files is green', () => {
    expect(source.size).toBeGreaterThan(60)
    for (const file of ['main.ts', 'contracts/household.ts', 'config/environment.ts', 'gateway/litellm-model.ts']) {
      expect([...source.keys()]).toContain(file)
    }
  })

  test('every folder is in the table, and every file in a folder or one of the root files', () => {
    const folders = new Set([...source.keys()].map(folderOf).filter((folder) => folder !== undefined))
    expect([...folders].filter((folder) => !Object.hasOwn(mayImport, folder))).toEqual([])
    expect([...source.keys()].filter((file) => folderOf(file) === undefined && !rootFiles.has(file))).toEqual([])
  })

  test('no file imports sideways or up, no package leaves its home, only config reads the environment, only data speaks SQL', () => {
    expect(findStrangers(source)).toEqual([])
  })

  test('contracts hold no code', () => {
    const withCode = [...source].filter(
      ([file, text]) => file.startsWith('contracts/') && /^(export )?(async )?(function|class|const|let|enum)\b/m.test(text),
    )
    expect(withCode.map(([file]) => file)).toEqual([])
  })
})

describe('findStrangers', () => {
  const neighbours: SourceFiles = new Map([
    ['contracts/ids.ts', ''],
    ['gateway/model.ts', ''],
    ['prompts/build.ts', ''],
    ['conversation/turn.ts', ''],
    ['interfaces/matrix/edge.ts', ''],
    ['app.ts', ''],
  ])
  const check = (file: string, code: string): readonly string[] => findStrangers(new Map([...neighbours, [file, code]]))

  test.each([
    ['a value', 'prompts/x.ts', "import { a } from '../gateway/model.ts'"],
    ['a type', 'prompts/x.ts', "import type { A } from '../gateway/model.ts'"],
    ['over several lines', 'prompts/x.ts', "import {\n  a,\n  b,\n} from '../gateway/model.ts'"],
    ['an export from', 'prompts/x.ts', "export { a } from '../gateway/model.ts'"],
    ['a dynamic import', 'prompts/x.ts', "const a = await import('../gateway/model.ts')"],
    ['the type of an import', 'prompts/x.ts', "type A = import('../gateway/model.ts').A"],
    ['for its effect', 'prompts/x.ts', "import '../gateway/model.ts'"],
    ['by address', 'prompts/x.ts', "new Worker(new URL('../gateway/model.ts', import.meta.url))"],
    ['up', 'prompts/x.ts', "import { a } from '../conversation/turn.ts'"],
    ['between interfaces', 'interfaces/http/x.ts', "import { a } from '../matrix/edge.ts'"],
    ['the composition root', 'prompts/x.ts', "import { a } from '../app.ts'"],
    ['contracts that know a layer', 'contracts/x.ts', "import type { A } from '../prompts/build.ts'"],
    ['a file that does not exist', 'prompts/x.ts', "import { a } from './gone.ts'"],
    ['a root file nobody named', 'helper.ts', "import { a } from './gateway/model.ts'"],
    ['the Matrix SDK outside its home', 'conversation/x.ts', "import { a } from 'matrix-js-sdk/lib/client.js'"],
    ['a scoped package outside its home', 'data/x.ts', "import { a } from '@matrix-org/matrix-sdk-crypto-wasm'"],
    ['a package without a home', 'gateway/x.ts', "import got from 'got'"],
    ['a server outside interfaces/http', 'conversation/x.ts', "import { createServer } from 'node:http'"],
    ['a package in the composition root', 'app.ts', "import OpenAI from 'openai'"],
    ['code in contracts', 'contracts/x.ts', "import { join } from 'node:path'"],
    ['process.env', 'stack/x.ts', 'const a = process.env.HOME'],
    ['process.env by destructuring', 'main.ts', 'const { env } = process'],
    ['env imported', 'stack/x.ts', "import { env } from 'node:process'"],
    ['SQL', 'conversation/x.ts', 'const rows = database.all(`SELECT id FROM inbox`)'],
    ['an import nobody can know', 'stack/x.ts', 'await import(name)'],
    ['an import with a hole', 'stack/x.ts', 'await import(`../gateway/${name}.ts`)'],
  ])('sees %s', (_what, file, code) => {
    expect(check(file, code)).toHaveLength(1)
  })

  test.each([
    ['contracts', 'prompts/x.ts', "import type { A } from '../contracts/ids.ts'"],
    ['its own folder', 'prompts/x.ts', "import { a } from './build.ts'"],
    ['what the table allows', 'conversation/x.ts', "import { a } from '../prompts/build.ts'"],
    [
      'all folders in the composition root',
      'app.ts',
      "import { a } from './gateway/model.ts'\nimport { b } from './interfaces/matrix/edge.ts'",
    ],
    ['a package in its home', 'gateway/x.ts', "import OpenAI from 'openai'"],
    ['built-in modules', 'main.ts', "import { join } from 'node:path'"],
    [
      'prose',
      'prompts/x.ts',
      "// not from '../gateway/model.ts' and no process.env\n/* from 'got' */ const url = 'http://x' // SELECT a FROM b",
    ],
    ['process.env in config', 'config/x.ts', 'const a = process.env'],
    ['SQL in data', 'data/x.ts', "const sql = 'SELECT a FROM b'"],
  ])('lets pass %s', (_what, file, code) => {
    expect(check(file, code)).toEqual([])
  })
})
