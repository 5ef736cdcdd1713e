/** Both languages say the same; every text that is asked for is there, and every one that is there is asked for. */
import { expect, test, vi } from 'vitest'

import { en } from './en'
import { zh } from './zh'

interface Tree { [key: string]: string | Tree }
type Flat = Map<string, string>

const texts = vi.hoisted(() => ({ english: new Map<string, string>(), chinese: new Map<string, string>() }))
vi.mock('./index', () => ({
  addTexts: (name: string, english: Tree, chinese: Tree) => {
    flatten(english, texts.english, name)
    flatten(chinese, texts.chinese, name)
  },
}))

function flatten(tree: Tree, into: Flat, above = ''): void {
  for (const [name, text] of Object.entries(tree)) {
    const key = above ? `${above}.${name}` : name
    if (typeof text === 'string') into.set(key, text)
    else flatten(text, into, key)
  }
}

flatten(en as unknown as Tree, texts.english)
flatten(zh as Tree, texts.chinese)
await Promise.all(Object.values(import.meta.glob(['../**/texts.ts', '../**/*Texts.ts'])).map((load) => load()))
const { english, chinese } = texts
const all = Object.entries({ en: english, zh: chinese }).flatMap(([language, found]) => [...found].map(([key, text]) => [`${language} ${key}`, text] as const))
const sources = Object.entries(import.meta.glob<string>(['../**/*.vue', '../**/*.ts', '!../**/*.test.ts', '!../**/texts.ts', '!../**/*Texts.ts', '!../i18n/??.ts', '!../**/*.d.ts'], { query: '?raw', import: 'default', eager: true })).map(([file, source]) => [file, withoutComments(source)] as const)

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
}

/** Left in English on purpose: names, and words of a protocol. */
const NAMES = /\b(isthmus|Isthmus|API|JSON|MIT License|Amazon Q|Builder ID|Claude Code|GitHub|OpenAI|Anthropic|Messages|Chat|Completions|Python|URL|HTTP|MCP|Bearer|Kiro)\b/g
const placeholders = (text: string): string[] => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? ''))].sort()

test('there are texts to judge', () => {
  expect(english.size).toBeGreaterThan(300)
  expect(sources.length).toBeGreaterThan(50)
})

test('both languages have the same keys', () => {
  expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
})

test('both languages fill in the same', () => {
  const other = [...english].filter(([key, text]) => String(placeholders(text)) !== String(placeholders(chinese.get(key) ?? '')))
  expect(other.map(([key, text]) => `${key}: “${text}” and “${chinese.get(key)}”`)).toEqual([])
})

test('no text is empty, nor has blanks around it', () => {
  expect(all.filter(([, text]) => text === '' || text !== text.trim())).toEqual([])
})

// vue-i18n reads @ as a link and braces as a place; both are quoted as {'@'}.
test('no text has signs that would be read as something else', () => {
  expect(all.filter(([, text]) => /[@{}]/.test(text.replace(/\{(\w+|'[^']*')\}/g, '')))).toEqual([])
})

test('nothing English was left in the Chinese texts', () => {
  const left = [...chinese].filter(([, text]) => /[a-z]+( [a-z]+){2,}/i.test(text.replace(NAMES, '').replace(/\{\w+\}|[“「][^”」]*[”」]/g, '')))
  expect(left).toEqual([])
})

/** What stands in quotation marks in a call of `t`, wherever in its first argument: `t(on ? 'is.on' : 'is.off')`. */
function* keysAskedFor(source: string): Generator<string> {
  for (const call of source.matchAll(/(?<![\w.$])\$?t\(/g)) {
    const first = firstArgument(source, call.index + call[0].length)
    for (const [, key] of first.matchAll(/(?<![\w=]\s?)'([a-z][\w]*(?:\.[\w-]+)+)'/gi)) yield key ?? ''
  }
}

function firstArgument(source: string, start: number): string {
  let depth = 0
  for (let at = start; at < source.length; at += 1) {
    const sign = source[at] ?? ''
    if ('([{'.includes(sign)) depth += 1
    if (')]}'.includes(sign) && (depth -= 1) < 0) return source.slice(start, at)
    if (sign === ',' && depth === 0) return source.slice(start, at)
  }
  return source.slice(start)
}

test('every text that is asked for is there', () => {
  const missing = sources.flatMap(([file, source]) => [...keysAskedFor(source)].filter((key) => !english.has(key)).map((key) => `${file}: ${key}`))
  expect(missing).toEqual([])
})

/** A key that is put together, as in `accounts.state.${state}`: each part in it is one step of the way. */
function* patterns(source: string): Generator<RegExp> {
  for (const [, written] of source.matchAll(/`([a-z]\w*\.(?:[\w.-]|\$\{(?:[^{}`]|\{[^{}]*\})*\})*)`/gi)) {
    if (written?.includes('${')) yield new RegExp(`^${written.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/).map((part) => part.replace(/\./g, '\\.')).join('[\\w-]+')}$`)
  }
}

test('every text that is put together is there', () => {
  const known = new Set([...english.keys()].map((key) => key.split('.')[0]))
  const missing = sources.flatMap(([file, source]) => [...patterns(source)].filter((pattern) => known.has(namespaceOf(pattern)) && ![...english.keys()].some((key) => pattern.test(key))).map((pattern) => `${file}: ${pattern.source}`))
  expect(missing).toEqual([])
})

test('no text is there for nothing', () => {
  const written = sources.map(([, source]) => source).join('\n')
  const built = sources.flatMap(([, source]) => [...patterns(source)])
  const unused = [...english.keys()].filter((key) => !written.includes(`'${key}'`) && !built.some((pattern) => pattern.test(key)))
  expect(unused).toEqual([])
})

function namespaceOf(pattern: RegExp): string {
  return /^\^(\w+)/.exec(pattern.source)?.[1] ?? ''
}
