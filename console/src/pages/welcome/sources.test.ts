import { expect, test } from 'vitest'

import type { Provider } from '../../api/types'
import type { ProviderType } from '../../parts/providerTypes'
import { freeName, providerFor, sourcesOf } from './sources'

const type = (name: string, more: Partial<ProviderType> = {}): ProviderType => ({ type: name, title: name, description: '', documentation: '', base_url: 'none', vendors: [], signs_in: false, login_methods: [], account_kinds: [], settings: [], ...more })
const provider = (name: string, more: Partial<Provider> = {}): Provider => ({ name, type: name, enabled: true, off_reason: null, read_only: false, vendor: null, base_url: null, models: {}, proxy: null, settings: {}, accounts: {}, created_at: null, updated_at: null, ...more })

const sources = sourcesOf([
  type('dummy'),
  type('openai-compatible', { base_url: 'needed', vendors: ['ollama', 'openai', 'newcomer', 'generic'] }),
  type('amazon-q', { signs_in: true }),
  type('anthropic', { base_url: 'optional' }),
])

test('vendors stand alone, keys first and the dummy last', () => {
  expect(sources.map((each) => [each.title, each.kind, each.address])).toEqual([
    ['OpenAI', 'key', 'optional'], ['newcomer', 'key', 'optional'], ['anthropic', 'key', 'optional'],
    ['amazon-q', 'login', 'none'],
    ['Ollama', 'local', 'optional'], ['openai-compatible', 'local', 'needed'],
    ['dummy', 'none', 'none'],
  ])
})

test('an account goes to the provider of the same service, when there is one', () => {
  const there = [provider('mine', { type: 'openai-compatible', vendor: 'openai' }), provider('off', { type: 'anthropic', enabled: false })]
  const of = (name: string) => providerFor(sources.find((each) => each.name === name) ?? sources[0]!, there)?.name
  expect(of('openai')).toBe('mine')
  expect(of('ollama')).toBeUndefined()
  expect(of('anthropic')).toBeUndefined()
  expect(of('compatible')).toBeUndefined()
})

test('a taken name is given a number', () => {
  expect(freeName('openai', ['dummy'])).toBe('openai')
  expect(freeName('openai', ['openai', 'openai-2'])).toBe('openai-3')
})
