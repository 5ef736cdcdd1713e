import { expect, test } from 'vitest'

import type { LogRow } from '../../api/types'
import { joined, NOTHING, release, take, WINDOW } from './live'

const rows = (from: number, until: number): LogRow[] => Array.from({ length: until - from }, (_, at) => ({ request_id: `req_${from + at}` }) as LogRow)
const ids = (list: readonly LogRow[]): string[] => list.map((row) => row.request_id)

test('the newest stands first', () => {
  const watched = take(take(NOTHING, rows(0, 2), false), rows(2, 3), false)
  expect(ids(watched.shown)).toEqual(['req_2', 'req_1', 'req_0'])
})

test('while one reads nothing moves, and afterwards nothing is missing', () => {
  const reading = take(take(NOTHING, rows(0, 1), false), rows(1, 3), true)
  expect(ids(reading.shown)).toEqual(['req_0'])
  expect(reading.held).toHaveLength(2)
  expect(release(reading)).toEqual({ shown: [...rows(0, 3)].reverse(), held: [], missed: 0 })
})

test('what comes after a pause brings what was held with it', () => {
  const reading = take(NOTHING, rows(0, 2), true)
  expect(ids(take(reading, rows(2, 3), false).shown)).toEqual(['req_2', 'req_1', 'req_0'])
})

test('a long pause keeps the newest and counts the rest', () => {
  const reading = take(take(NOTHING, rows(0, WINDOW), true), rows(WINDOW, WINDOW + 30), true)
  expect(reading.held).toHaveLength(WINDOW)
  expect(reading.missed).toBe(30)
  expect(release(reading).shown[0]?.request_id).toBe(`req_${WINDOW + 29}`)
})

test('rows that the log had, too, are not shown twice', () => {
  expect(ids(joined([...rows(2, 4)].reverse(), [...rows(0, 3)].reverse()))).toEqual(['req_3', 'req_2', 'req_1', 'req_0'])
  expect(joined(rows(0, WINDOW), rows(WINDOW, WINDOW + 5))).toHaveLength(WINDOW)
})
