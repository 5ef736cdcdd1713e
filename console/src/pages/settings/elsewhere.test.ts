import { expect, test } from 'vitest'

import { fileLines, variableOf } from './elsewhere'

test('the variable has the name that the gateway reads', () => {
  expect(variableOf('request_log.retention_days')).toBe('ISTHMUS_REQUEST_LOG__RETENTION_DAYS')
  expect(variableOf('api_keys')).toBe('ISTHMUS_API_KEYS')
})

test.each([
  ['server.port', 8000, false, 'server:\n  port: 8000'],
  ['logging.format', 'auto', false, 'logging:\n  format: auto'],
  ['logging.format', 'off', false, 'logging:\n  format: "off"'],
  ['server.host', '0.0.0.0', false, 'server:\n  host: "0.0.0.0"'],
  ['server.allowed_hosts', ['a.example'], false, 'server:\n  allowed_hosts: ["a.example"]'],
  ['storage.url', '***', true, 'storage:\n  url: …'],
  ['mirror.prefix', null, false, 'mirror:\n  prefix: '],
])('%s is written as the file has it', (name, value, secret, lines) => {
  expect(fileLines({ name, value, secret })).toBe(lines)
})
