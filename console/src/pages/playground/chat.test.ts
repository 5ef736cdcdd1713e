import { expect, test } from 'vitest'

import { bodyOf, plain, reader } from './chat'
import { DEFAULTS, EXAMPLE_TOOLS } from './parameters'
import { grow, waiting, type Answer, type Json, type Question, type Step } from './talk'

const ask = (text: string, more: Partial<Question> = {}): Question => ({ role: 'user', id: 1, text, pictures: [], results: [], ...more })
const folded = (steps: Step[]): Answer => steps.reduce((answer, step) => grow(answer, step, 0), waiting(2, 'chat', 'm', 0))
const delta = (delta: Json, finish: string | null = null): Json => ({ choices: [{ index: 0, delta, finish_reason: finish }], usage: null })
const read = (...chunks: (Json | '[DONE]')[]): Step[] => {
  const steps = reader()
  return chunks.flatMap((chunk) => steps(chunk === '[DONE]' ? chunk : JSON.stringify(chunk)))
}

const DETAIL = { type: 'reasoning.text', text: 'hm', signature: 'abc', index: 0 }
const USAGE = { prompt_tokens: 5, completion_tokens: 9, prompt_tokens_details: { cached_tokens: 1, cache_write_tokens: 0 } }
const STREAM = [
  delta({ role: 'assistant', content: '' }),
  delta({ reasoning_content: 'h' }),
  delta({ reasoning_content: 'm' }),
  delta({ reasoning_details: [DETAIL] }),
  delta({ content: 'Hi' }),
  delta({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }),
  delta({ tool_calls: [{ index: 1, id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' } }] }),
  delta({ tool_calls: [{ index: 0, function: { arguments: '1}' } }] }),
  delta({}, 'tool_calls'),
  { choices: [], usage: USAGE },
  '[DONE]',
]
const CALLS = [
  { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
  { id: 'call_2', type: 'function', function: { name: 'g', arguments: '{}' } },
]
const MESSAGE = { role: 'assistant', content: 'Hi', reasoning_content: 'hm', reasoning_details: [DETAIL], tool_calls: CALLS }

test('a stream and a plain answer say the same', () => {
  const whole = { choices: [{ index: 0, message: MESSAGE, finish_reason: 'tool_calls' }], usage: USAGE }
  expect(folded(read(...STREAM))).toEqual(folded(plain(whole)))
  expect(folded(read(...STREAM))).toMatchObject({ state: 'done', stop: 'tool_calls', usage: { input: 5, output: 9, cacheRead: 1, cacheWrite: 0 } })
})

test('an answer goes back as it came, its reasoning with it', () => {
  const body = bodyOf('m', [ask('hi'), folded(read(...STREAM)), ask('go on', { results: [{ call: 'call_1', text: '42', failed: false }] })], DEFAULTS)
  expect(body.messages).toEqual([{ role: 'user', content: 'hi' }, MESSAGE, { role: 'tool', tool_call_id: 'call_1', content: '42' }, { role: 'user', content: 'go on' }])
})

test('an error in the stream ends the answer', () => {
  const answer = folded(read(delta({ content: 'Hi' }), { error: { message: 'upstream stream ended early', type: 'server_error', code: 'upstream_error' } }))
  expect(answer).toMatchObject({ state: 'failed', failure: { message: 'upstream stream ended early', kind: 'upstream_error' }, parts: [{ kind: 'text', text: 'Hi' }] })
})

test('a refusal is text, and what is no chunk says nothing', () => {
  expect(read(delta({ refusal: 'No.' }))).toEqual([{ step: 'text', text: 'No.' }])
  expect(reader()('not json')).toEqual([])
  expect(plain({ choices: [] })).toEqual([])
})

test('every parameter has its field, and nothing is sent for those not set', () => {
  expect(bodyOf('m', [], { ...DEFAULTS, stream: false, maxTokens: null })).toEqual({ model: 'm', messages: [] })
  const all = bodyOf('m', [], { ...DEFAULTS, system: 's', temperature: 0, topP: 0.5, stop: 'A', thinking: 'budget', budget: 2000, effort: 'high', tools: EXAMPLE_TOOLS, toolChoice: 'any', extra: '{"seed": 3}' })
  expect(all).toMatchObject({
    stream: true, stream_options: { include_usage: true }, messages: [{ role: 'system', content: 's' }], max_completion_tokens: 4096, temperature: 0, top_p: 0.5, stop: ['A'],
    reasoning_effort: 'high', thinking: { type: 'enabled', budget_tokens: 2000 }, tool_choice: 'required', seed: 3,
  })
  expect(all.tools).toMatchObject([{ type: 'function', function: { name: 'get_weather', parameters: { required: ['city'] } } }])
  expect(bodyOf('m', [], { ...DEFAULTS, thinking: 'off', toolChoice: 'tool:f' })).toMatchObject({ reasoning_effort: 'none', tool_choice: { type: 'function', function: { name: 'f' } } })
})

test('pictures travel as data addresses', () => {
  const picture = { type: 'image/png', base64: 'AAAA', name: 'a.png', bytes: 3 }
  expect(bodyOf('m', [ask('see', { pictures: [picture] })], DEFAULTS).messages).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'see' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
  ])
})
