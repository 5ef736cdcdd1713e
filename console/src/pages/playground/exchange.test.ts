import { afterEach, expect, test, vi } from 'vitest'

import { asking, exchange, gist, headersOf, lossesOf, refusal, type Frame } from './exchange'
import { DEFAULTS } from './parameters'
import { waiting, type Answer, type Question } from './talk'

const HI: Question = { role: 'user', id: 1, text: 'hi', pictures: [], results: [] }
const ASKED = asking('m', [HI], DEFAULTS)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const stream = (...parts: string[]): Response =>
  new Response(new ReadableStream({ start(to) { parts.forEach((part) => to.enqueue(bytes(part))); to.close() } }), { headers: { 'content-type': 'text/event-stream; charset=utf-8', 'request-id': 'req_1', 'x-isthmus-loss': 'seed=dropped, top_k=clamped(9->8)' } })
const WORDS = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}\n\n'
const OVER = 'event: message_stop\ndata: {"type":"message_stop"}\n\n'

async function hear(responses: readonly (Response | Error)[], other = 'sk-2'): Promise<{ answer: Answer; frames: Frame[]; secrets: boolean[]; left: number }> {
  const frames: Frame[] = []
  const secrets: boolean[] = []
  const left = [...responses]
  let answer = waiting(2, 'messages', 'm', Date.now())
  vi.stubGlobal('fetch', vi.fn(async () => { const next = left.shift(); if (next instanceof Error) throw next; return next }))
  await exchange(ASKED, answer, async (refused) => { secrets.push(refused); return refused ? other : 'sk' }, new AbortController().signal, { answer: (next) => { answer = next }, frame: (frame) => frames.push(frame) })
  return { answer, frames, secrets, left: left.length }
}

afterEach(() => vi.unstubAllGlobals())

test('a stream is heard event by event, wherever it was cut', async () => {
  const { answer, frames } = await hear([stream(WORDS.slice(0, 40), WORDS.slice(40) + OVER.slice(0, 9), OVER.slice(9))])
  expect(answer).toMatchObject({ state: 'done', parts: [{ kind: 'text', text: 'Hi' }], requestId: 'req_1', losses: ['seed=dropped', 'top_k=clamped(9->8)'] })
  expect(frames.map((frame) => frame.raw).join('')).toBe(WORDS + OVER)
})

test('a stream without an end is a broken answer, and what came is kept', async () => {
  expect((await hear([stream(WORDS)])).answer).toMatchObject({ state: 'failed', failure: { kind: 'cut' }, parts: [{ kind: 'text', text: 'Hi' }] })
})

test('another key than the refused one is tried, once', async () => {
  const refused = () => new Response('{"error":{"message":"no key","type":"authentication_error"}}', { status: 401 })
  expect((await hear([refused(), stream(WORDS + OVER)])).answer.state).toBe('done')
  const { answer, secrets } = await hear([refused(), refused()])
  expect(answer.failure).toEqual({ message: 'no key', status: 401, kind: 'authentication_error', retryAfterS: null })
  expect(secrets).toEqual([false, true])
  expect((await hear([refused(), refused()], 'sk')).left).toBe(1)
})

test('a gateway that is not there is said to be unreachable', async () => {
  expect((await hear([new TypeError('Failed to fetch')])).answer).toMatchObject({ state: 'failed', failure: { kind: 'unreachable', message: '' } })
})

test('a plain answer is heard whole', async () => {
  const { answer, frames } = await hear([new Response('{"content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}', { headers: { 'content-type': 'application/json' } })])
  expect(answer).toMatchObject({ state: 'done', stop: 'end_turn', parts: [{ kind: 'text', text: 'Hi' }] })
  expect(frames).toHaveLength(1)
})

test('a refusal is told in the words of whoever refused', () => {
  const response = new Response(null, { status: 502, statusText: 'Bad Gateway', headers: { 'retry-after': '5' } })
  expect(refusal(response, '<html>')).toEqual({ message: '502 Bad Gateway', status: 502, kind: '', retryAfterS: 5 })
  expect(refusal(response, '{"error":{"message":"m","type":"t","code":"c"}}')).toMatchObject({ message: 'm', kind: 'c' })
})

test('headers carry the key as the dialect wants it, and none when there is none', () => {
  expect(headersOf('messages', 'sk')).toMatchObject({ 'x-api-key': 'sk', 'anthropic-version': '2023-06-01' })
  expect(headersOf('chat', 'sk')).toMatchObject({ authorization: 'Bearer sk' })
  expect(Object.keys(headersOf('chat', null))).toEqual(['content-type'])
})

test('losses are listed', () => {
  expect(lossesOf(null)).toEqual([])
  expect(lossesOf('seed=dropped, a=converted(b to c)')).toEqual(['seed=dropped', 'a=converted(b to c)'])
})

test.each([
  ['{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}', '{"text":"a"}'],
  ['{"id":"x","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}', '{"content":"a"}'],
  ['{"id":"x","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}', '{"finish_reason":"stop"}'],
  ['{"id":"x","choices":[],"usage":{"prompt_tokens":1}}', '{"prompt_tokens":1}'],
  ['[DONE]', '[DONE]'],
  ['{"type":"message_stop"}', '{"type":"message_stop"}'],
])('of %s the row shows %s', (data, shown) => {
  expect(gist({ data })).toBe(shown)
})
