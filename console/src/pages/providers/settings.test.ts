import { expect, test } from 'vitest'

import { changesOf, mapOf, partsOf, rebased, settingsOf } from './settings'

const SETTINGS = { base_url: 'http://127.0.0.1:9/v1', models: { fast: 'gpt-x' }, headers: { 'x-team': '***' }, timeout_s: 5 }

test('parting and joining lose nothing', () => {
  expect(settingsOf(partsOf(SETTINGS))).toEqual(SETTINGS)
  expect(settingsOf(partsOf({}))).toEqual({})
})

test('a list of models keeps their names', () => {
  expect(partsOf({ models: ['a', 'b'] }).models).toEqual([{ name: 'a', upstream: 'a' }, { name: 'b', upstream: 'b' }])
  expect(mapOf([{ name: ' a ', upstream: '' }, { name: '', upstream: 'x' }])).toEqual({ a: 'a' })
})

test('only what differs is sent, and null for what is gone', () => {
  expect(changesOf(SETTINGS, SETTINGS)).toEqual({})
  expect(changesOf(SETTINGS, { ...SETTINGS, timeout_s: 6, models: undefined })).toEqual({ timeout_s: 6, models: null })
})

test.each(['[1]', 'null', '{broken'])('%s is not settings', (rest) => {
  expect(() => settingsOf({ ...partsOf({}), rest })).toThrow(SyntaxError)
})

test('what two wrote apart is joined, and what two wrote at once is named', () => {
  const written = { ...SETTINGS, timeout_s: 7, default_model: 'mine', headers: undefined }
  const now = { ...SETTINGS, timeout_s: 9, vendor: 'openai' }
  expect(rebased(written, SETTINGS, now)).toEqual({ settings: { base_url: SETTINGS.base_url, models: SETTINGS.models, timeout_s: 7, vendor: 'openai', default_model: 'mine' }, clashes: ['timeout_s'] })
  expect(rebased(now, SETTINGS, now)).toEqual({ settings: now, clashes: [] })
})
