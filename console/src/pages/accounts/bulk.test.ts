import { expect, test } from 'vitest'

import { doToAll, wentWell, type Done } from './bulk'

const done = (id: string): Done => ({ id, ok: true, message: null, probe: null })
const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `acc_${at}`)

test('many are done some at a time', async () => {
  const asked: number[] = []
  const told: number[] = []
  const course = await doToAll('test', ids(20), (count) => told.push(count), new AbortController().signal, async (_, some) => {
    asked.push(some.length)
    return some.map(done)
  })
  expect(asked).toEqual([8, 8, 4])
  expect(told).toEqual([8, 16, 20])
  expect(course).toEqual({ done: ids(20).map(done), left: [], failure: null })
})

test('stopped, it says to whom it did not come', async () => {
  const stop = new AbortController()
  const course = await doToAll('test', ids(20), () => stop.abort(), stop.signal, async (_, some) => some.map(done))
  expect(course).toEqual({ done: ids(8).map(done), left: ids(20).slice(8), failure: null })
})

test('broken off, it still tells what was done', async () => {
  const gone = new Error('gone')
  const course = await doToAll('test', ids(20), () => undefined, new AbortController().signal, async (_, some) => {
    if (some.includes('acc_8')) throw gone
    return some.map(done)
  })
  expect(course).toEqual({ done: ids(8).map(done), left: ids(20).slice(8), failure: gone })
})

test('a test that found an account dead went well as little as one that was refused', () => {
  expect(wentWell(done('a'))).toBe(true)
  expect(wentWell({ ...done('a'), ok: false, message: 'read-only' })).toBe(false)
  expect(wentWell({ ...done('a'), probe: { ok: false, latency_ms: 1, model: null, error: 'refused' } })).toBe(false)
})
