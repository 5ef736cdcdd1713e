import { expect, test } from 'vitest'

import { changesOf, mapOf, partsOf, settingsOf } from './settings'

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
