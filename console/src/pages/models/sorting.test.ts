import { expect, test } from 'vitest'

import type { Model } from '../../api/types'
import { aliasesOf, thousands, wantedModels, withAlias } from './sorting'

const model = (name: string, provider: string | null, kind: 'alias' | 'map' | 'listed', more: Partial<Model> = {}): Model => ({ name, provider, kind, origin: 'file', alias_of: null, model: name, abilities: null, price: null, price_is_worth: false, problem: null, ...more })
const MODELS = [model('fast', 'openai', 'alias', { alias_of: 'gpt-5', model: 'gpt-5-2026' }), model('gpt-5', 'openai', 'map', { model: 'gpt-5-2026' }), model('dummy', 'dummy', 'listed'), model('lost', null, 'alias')]
const names = (text: string, provider = '', kind = '') => wantedModels(MODELS, { text, provider, kind }).map((each) => each.name)

test('models are found by every word, provider and kind', () => {
  expect(names('')).toEqual(['fast', 'gpt-5', 'dummy', 'lost'])
  expect(names('GPT 2026')).toEqual(['fast', 'gpt-5'])
  expect(names('', 'openai', 'map')).toEqual(['gpt-5'])
  expect(names('dummy', 'openai')).toEqual([])
})

test('an alias that differs from the file was set here', () => {
  const configured = { fast: 'gpt-5', lost: 'x' }
  const origins = (value: object, changed: boolean) => aliasesOf({ value, configured, source: changed ? 'stored' : 'file', changed }, MODELS).map((each) => [each.name, each.origin])
  expect(origins(configured, false)).toEqual([['fast', 'file'], ['lost', 'file']])
  expect(origins({ fast: 'dummy', lost: 'x', own: 'y' }, true)).toEqual([['fast', 'stored'], ['lost', 'configured'], ['own', 'stored']])
})

test('an alias is added, renamed and removed, and the others stay', () => {
  const aliases = { a: '1', b: '2' }
  expect(withAlias(aliases, null, { name: 'c', target: '3' })).toEqual({ a: '1', b: '2', c: '3' })
  expect(withAlias(aliases, 'a', { name: 'z', target: '1' })).toEqual({ b: '2', z: '1' })
  expect(withAlias(aliases, 'b', null)).toEqual({ a: '1' })
})

test.each([[null, '–'], [512, '512'], [8192, '8.2k'], [200_000, '200k'], [1_048_576, '1.05M']])('%s tokens are %s', (tokens, said) => {
  expect(thousands(tokens)).toBe(said)
})
