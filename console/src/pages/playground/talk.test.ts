import { describe, expect, test } from 'vitest'

import { grow, openCalls, over, sayable, waiting, type Answer, type Question, type Step } from './talk'

const told = (...steps: Step[]): Answer => steps.reduce((answer, step, index) => grow(answer, step, 100 + index), waiting(2, 'messages', 'dummy', 0))
const question: Question = { role: 'user', id: 1, text: 'hi', pictures: [], results: [] }

describe('an answer grows', () => {
  test('text follows text in one part', () => {
    expect(told({ step: 'text', text: 'a' }, { step: 'text', text: 'b' }).parts).toEqual([{ kind: 'text', text: 'ab' }])
  })

  test('a thought ends where something else begins, and a sealed one takes no more', () => {
    const answer = told({ step: 'think', text: 'x' }, { step: 'seal', seal: { signature: 's' } }, { step: 'think', text: 'y' }, { step: 'text', text: 'z' })
    expect(answer.parts).toEqual([
      { kind: 'thinking', text: 'x', seals: [{ signature: 's' }], sealedIn: 'messages', began: 100, ended: 102 },
      { kind: 'thinking', text: 'y', seals: [], sealedIn: 'messages', began: 102, ended: 103 },
      { kind: 'text', text: 'z' },
    ])
  })

  test('arguments reach the call they are of', () => {
    const answer = told({ step: 'call', id: 'a', name: 'f' }, { step: 'call', id: 'b', name: 'g' }, { step: 'argue', call: 0, json: '{' }, { step: 'argue', call: 1, json: '[' }, { step: 'argue', call: 0, json: '}' })
    expect(answer.parts).toEqual([{ kind: 'call', id: 'a', name: 'f', json: '{}' }, { kind: 'call', id: 'b', name: 'g', json: '[' }])
  })

  test('the first word is timed, and empty words are none', () => {
    expect(told({ step: 'text', text: '' }).first).toBeNull()
    expect(told({ step: 'text', text: '' }, { step: 'text', text: 'a' }).first).toBe(101)
  })

  test('usage adds up; what was not said stays unknown', () => {
    expect(told({ step: 'usage', usage: { input: 5 } }, { step: 'usage', usage: { output: 7 } }).usage).toEqual({ input: 5, output: 7, cacheRead: null, cacheWrite: null })
  })

  test('what has ended stays as it is', () => {
    const stopped = over(told({ step: 'text', text: 'a' }), 'stopped', 500)
    expect(over(stopped, 'failed', 900)).toBe(stopped)
    expect(stopped.ended).toBe(500)
  })
})

describe('what is said again', () => {
  test('a broken answer goes without calls and thoughts, an empty one not at all', () => {
    const broken = over(told({ step: 'think', text: 't' }, { step: 'text', text: 'a' }, { step: 'call', id: 'a', name: 'f' }), 'failed', 500)
    expect(sayable([question, broken, over(waiting(4, 'chat', 'm', 0), 'failed', 1)])).toEqual([question, { ...broken, parts: [{ kind: 'text', text: 'a' }] }])
  })

  test('calls wait for results only at the end of a whole answer', () => {
    const calling = told({ step: 'call', id: 'a', name: 'f' })
    expect(openCalls([question, calling])).toEqual([])
    const whole = over(calling, 'done', 9)
    expect(openCalls([question, whole]).map((call) => call.id)).toEqual(['a'])
    expect(openCalls([question, whole, question])).toEqual([])
  })
})
