import { expect, test } from 'vitest'

import { DEFAULTS, EXAMPLE_TOOLS, extraOf, problemsOf, stopsOf, toolNames, toolsOf } from './parameters'

const SCHEMA = { type: 'object', properties: {} }

test.each([
  ['[{"name":"f","input_schema":{"type":"object","properties":{}}}]', { name: 'f', description: null, schema: SCHEMA }],
  ['[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}]', { name: 'f', description: 'd', schema: SCHEMA }],
  ['[{"name":"f"}]', { name: 'f', description: null, schema: SCHEMA }],
  ['[{"type":"web_search_20250305","name":"web_search","max_uses":3}]', { type: 'web_search_20250305', name: 'web_search', max_uses: 3 }],
])('the tools of %s', (text, tool) => {
  expect(toolsOf(text)).toEqual([tool])
})

test.each([['[', 'json'], ['{}', 'list'], ['[1]', 'name'], ['[{"description":"x"}]', 'name']])('%s has the problem %s', (tools, problem) => {
  expect(problemsOf({ ...DEFAULTS, tools })).toEqual({ tools: problem })
  expect(toolNames(tools)).toEqual([])
})

test('the example is well formed', () => {
  expect(toolNames(EXAMPLE_TOOLS)).toEqual(['get_weather'])
  expect(problemsOf({ ...DEFAULTS, tools: EXAMPLE_TOOLS })).toEqual({})
})

test('more fields are an object', () => {
  expect(extraOf(' ')).toEqual({})
  expect(extraOf('{"a":1}')).toEqual({ a: 1 })
  expect(problemsOf({ ...DEFAULTS, extra: '[]' })).toEqual({ extra: 'object' })
})

test('a stop sequence keeps its spaces, an empty line is none', () => {
  expect(stopsOf(' A\n\n B ')).toEqual([' A', ' B '])
})
