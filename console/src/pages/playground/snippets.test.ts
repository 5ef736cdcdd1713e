import { expect, test } from 'vitest'

import { asking } from './exchange'
import { DEFAULTS } from './parameters'
import { curl, python, shortened } from './snippets'
import type { Question } from './talk'

const say = (text: string): Question => ({ role: 'user', id: 1, text, pictures: [], results: [] })
const parameters = { ...DEFAULTS, extra: '{"new_field": [true, null]}' }

test('curl takes any text as it is, for the shell reads nothing in it', () => {
  const text = curl(asking('m', [say("it's `$HOME`\nJSON\n")], DEFAULTS), 'http://gate')
  expect(text).toContain('curl -N http://gate/v1/messages')
  expect(text).toContain('-H "x-api-key: $ISTHMUS_API_KEY"')
  expect(text.split('\n').filter((line) => line === 'JSON')).toHaveLength(1)
  const body = text.slice(text.indexOf('{'), text.lastIndexOf('\nJSON'))
  expect(JSON.parse(body)).toMatchObject({ messages: [{ content: "it's `$HOME`\nJSON\n" }] })
})

test('Python names what the client knows and passes on the rest', () => {
  const messages = python(asking('m', [say('hi')], { ...parameters, stream: false }), 'http://gate')
  expect(messages).toContain('client = Anthropic(base_url="http://gate", api_key=os.environ["ISTHMUS_API_KEY"])')
  expect(messages).toContain('    extra_body={"new_field": [True, None]},')
  expect(messages).toContain('print(answer)')
  const warm = python(asking('m', [say('hi')], { ...DEFAULTS, temperature: 0.5 }), 'http://gate')
  expect(warm, 'newer clients of Anthropic do not take it by name').toContain('    extra_body={"temperature": 0.5},')
  expect(warm).toContain('    extra_headers={"anthropic-version": "2023-06-01"},')
  const chat = python(asking('m', [say('hi')], { ...parameters, dialect: 'chat' }), 'http://gate')
  expect(chat).toContain('client = OpenAI(base_url="http://gate/v1", api_key=os.environ["ISTHMUS_API_KEY"])')
  expect(chat).toContain('    stream=True,')
})

test('long values are shortened for the eye only', () => {
  expect(shortened({ a: ['x'.repeat(3000)], b: 'short' })).toEqual({ a: [`${'x'.repeat(48)}… (3000 characters)`], b: 'short' })
})
