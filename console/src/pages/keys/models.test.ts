import { expect, test } from 'vitest'

import { firstModel } from './models'

const known = [
  { name: 'dummy', provider: 'dummy', problem: null, alias_of: null },
  { name: 'gpt-5', provider: 'openai', problem: 'no account', alias_of: null },
  { name: 'gpt-5-mini', provider: 'openai', problem: null, alias_of: null },
  { name: 'deepseek-chat', provider: 'deepseek', problem: null, alias_of: null },
]

test('the model of the new source comes first, then any that is not the dummy', () => {
  expect(firstModel(known, { provider: 'deepseek' })).toBe('deepseek-chat')
  expect(firstModel(known, { provider: 'groq' })).toBe('gpt-5-mini')
  expect(firstModel(known, {})).toBe('gpt-5-mini')
  expect(firstModel([...known, { name: 'fast', provider: 'openai', problem: null, alias_of: 'openai/gpt-5-mini' }], {})).toBe('fast')
  expect(firstModel(known.slice(0, 2), {})).toBe('dummy')
  expect(firstModel([], {})).toBe('')
})

test('a model that the key may not use is not named', () => {
  expect(firstModel(known, { models: ['DEEPSEEK-*'] })).toBe('deepseek-chat')
  expect(firstModel(known, { models: ['deepseek/deepseek-c?at', 'dum.y'] })).toBe('')
  expect(firstModel(known, { models: ['dummy/*'] })).toBe('dummy')
})
