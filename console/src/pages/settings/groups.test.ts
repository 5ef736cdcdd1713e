import { expect, test } from 'vitest'

import { grouped, groupOf, matches } from './groups'

const setting = (name: string, live = true) => ({ name, section: name.includes('.') ? name.slice(0, name.lastIndexOf('.')) : '', live })

test('a setting is found where it belongs, a new one among the others', () => {
  expect(groupOf(setting('cache.ttl_s'))).toBe('cache')
  expect(groupOf(setting('streams.keepalive_s'))).toBe('time')
  expect(groupOf(setting('aliases'))).toBe('routing')
  expect(groupOf(setting('fireworks.enabled'))).toBe('others')
  expect(groupOf(setting('fireworks'))).toBe('others')
})

test('no setting is lost, and those that take a restart stand last', () => {
  const groups = grouped([setting('server.port', false), setting('server.cors_origins'), setting('new'), setting('aliases')])
  expect(groups.map((each) => [each.id, each.settings.map((one) => one.name)])).toEqual([
    ['routing', ['aliases']],
    ['server', ['server.cors_origins', 'server.port']],
    ['others', ['new']],
  ])
})

test('every word must stand somewhere', () => {
  expect(matches('Cache ttl', 'cache.ttl_s', 'How long')).toBe(true)
  expect(matches('cache long', 'cache.ttl_s', 'How long')).toBe(true)
  expect(matches('cache short', 'cache.ttl_s', 'How long')).toBe(false)
  expect(matches('', 'anything')).toBe(true)
})
