import { expect, test } from 'vitest'

import { bodyOf, plain, reader } from './messages'
import { DEFAULTS, EXAMPLE_TOOLS } from './parameters'
import { grow, over, waiting, type Answer, type Json, type Question, type Step } from './talk'

const ask = (text: string, more: Partial<Question> = {}): Question => ({ role: 'user', id: 1, text, pictures: [], results: [], ...more })
const folded = (steps: Step[]): Answer => steps.reduce((answer, step) => grow(answer, step, 0), waiting(2, 'messages', 'm', 0))
const read = (...events: object[]): Step[] => {
  const steps = reader()
  return events.flatMap((event) => steps(JSON.stringify(event)))
}

const STREAM = [
  { type: 'message_start', message: { usage: { input_tokens: 5, cache_read_input_tokens: 1, cache_creation_input_tokens: 0, output_tokens: 0 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'hm' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'abc' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'text', text: '' } },
  { type: 'ping' },
  { type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'content_block_start', index: 2, content_block: { type: 'tool_use', id: 'call_1', name: 'f', input: {} } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '{"a":' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'input_json_delta', partial_json: '1}' } },
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
]
const CONTENT: Json = [{ type: 'thinking', thinking: 'hm', signature: 'abc' }, { type: 'text', text: 'Hi' }, { type: 'tool_use', id: 'call_1', name: 'f', input: { a: 1 } }]

test('a stream and a plain answer say the same', () => {
  const whole = { content: CONTENT, stop_reason: 'tool_use', usage: { input_tokens: 5, cache_read_input_tokens: 1, cache_creation_input_tokens: 0, output_tokens: 9 } }
  expect(folded(read(...STREAM))).toEqual(folded(plain(whole)))
  expect(folded(read(...STREAM))).toMatchObject({ state: 'done', stop: 'tool_use', usage: { input: 5, output: 9, cacheRead: 1, cacheWrite: 0 } })
})

test('an answer goes back as it came, its signature with it', () => {
  const body = bodyOf('m', [ask('hi'), folded(read(...STREAM)), ask('', { results: [{ call: 'call_1', text: '42', failed: true }] })], DEFAULTS)
  expect(body.messages).toEqual([
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: CONTENT },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: '42', is_error: true }] },
  ])
})

test('a sealed thought goes back whole, one without a seal or of the other dialect not', () => {
  const redacted = { type: 'redacted_thinking', data: 'zzz' }
  const answer = folded(read({ type: 'content_block_start', index: 0, content_block: redacted }, { type: 'message_stop' }))
  expect(bodyOf('m', [answer], DEFAULTS).messages).toEqual([{ role: 'assistant', content: [redacted] }])
  const other: Answer = { ...answer, parts: answer.parts.map((part) => ({ ...part, sealedIn: 'chat' }) as typeof part) }
  expect(bodyOf('m', [other], DEFAULTS).messages).toEqual([{ role: 'assistant', content: [] }])
  expect(bodyOf('m', [over(folded([{ step: 'think', text: 'x' }]), 'done', 1)], DEFAULTS).messages).toEqual([{ role: 'assistant', content: [] }])
})

test('an error in the stream ends the answer and keeps its words', () => {
  const answer = folded(read(...STREAM.slice(0, 8), { type: 'error', error: { type: 'api_error', message: 'upstream stream ended early' } }))
  expect(answer).toMatchObject({ state: 'failed', failure: { message: 'upstream stream ended early', kind: 'api_error' } })
  expect(answer.parts.at(-1)).toEqual({ kind: 'text', text: 'Hi' })
})

test('what is no event of this dialect says nothing', () => {
  expect(reader()('not json')).toEqual([])
  expect(read({ type: 'something_new' }, [], { type: 'content_block_delta', index: 7, delta: { type: 'input_json_delta', partial_json: 'x' } })).toEqual([])
  expect(plain(null)).toEqual([])
})

test('every parameter has its field, and nothing is sent for those not set', () => {
  expect(bodyOf('m', [], { ...DEFAULTS, stream: false })).toEqual({ model: 'm', max_tokens: 4096, messages: [] })
  const all = bodyOf('m', [], { ...DEFAULTS, maxTokens: null, system: 's', temperature: 0, topP: 0.5, stop: 'A\n\nB', thinking: 'budget', budget: 2000, effort: 'high', tools: EXAMPLE_TOOLS, toolChoice: 'tool:get_weather', extra: '{"top_k": 3, "temperature": 1}' })
  expect(all).toMatchObject({
    max_tokens: 4096, stream: true, system: 's', temperature: 1, top_p: 0.5, stop_sequences: ['A', 'B'], thinking: { type: 'enabled', budget_tokens: 2000 },
    output_config: { effort: 'high' }, tool_choice: { type: 'tool', name: 'get_weather' }, top_k: 3,
  })
  expect(all.tools).toEqual(JSON.parse(EXAMPLE_TOOLS))
})

test('pictures travel as base64', () => {
  const picture = { type: 'image/png', base64: 'AAAA', name: 'a.png', bytes: 3 }
  expect(bodyOf('m', [ask('see', { pictures: [picture] })], DEFAULTS).messages).toEqual([
    { role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }, { type: 'text', text: 'see' }] },
  ])
})
