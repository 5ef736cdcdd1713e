import { expect, test } from 'vitest'

import { typeIn, wordsIn } from './providerWords'

const kind = { kind: 'api_key', title: 'API key', renewable: false, fields: [{ name: 'credential.api_key', title: 'API key', required: true, secret: true }] }
const type = { type: 'x', title: 'Dummy', description: 'Not known yet.', account_kinds: [kind] } as unknown as Parameters<typeof typeIn>[1]

test('the gateway is understood in English, and translated into Chinese', () => {
  expect(typeIn('en', type)).toEqual(type)
  expect(typeIn('zh', type)).toMatchObject({ type: 'x', title: '模拟来源', account_kinds: [{ kind: 'api_key', title: 'API 密钥', fields: [{ name: 'credential.api_key', title: 'API 密钥' }] }] })
})

test('what nobody has translated is said as it is', () => {
  expect(typeIn('zh', type).description).toBe('Not known yet.')
  expect(wordsIn('zh', 'constructor')).toBe('constructor')
})
