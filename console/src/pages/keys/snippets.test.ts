import { execFileSync } from 'node:child_process'

import { expect, test } from 'vitest'

import { CLIENTS, shell, type Block } from './snippets'

const target = { origin: 'http://gate:8000', key: 'sk-isthmus-secret', model: 'openai/gpt-5' }
const blocks = (name: string, given = target): Block[] => CLIENTS.find((each) => each.name === name)?.write(given) ?? []

test('every client is given address, key and model', () => {
  for (const { name, write } of CLIENTS) {
    const text = write(target).map((each) => each.code).join('\n')
    for (const part of Object.values(target)) expect(text, name).toContain(part)
    expect(text, name).not.toMatch(/undefined|null|\[object/)
  }
})

test('clients of OpenAI are sent to /v1, those of Anthropic to the root', () => {
  expect(blocks('openai-python')[1]?.code).toContain('base_url="http://gate:8000/v1"')
  expect(blocks('langchain')[1]?.code).toContain('base_url="http://gate:8000/v1"')
  expect(blocks('anthropic-python')[1]?.code).toContain('base_url="http://gate:8000",')
  expect(blocks('claude-code')[0]?.code).toContain('export ANTHROPIC_BASE_URL=http://gate:8000\n')
})

test('the settings file of Claude Code is JSON with the same values', () => {
  const file = blocks('claude-code')[1]
  expect(file?.file).toBe('~/.claude/settings.json')
  expect(JSON.parse(file?.code ?? '')).toMatchObject({ env: { ANTHROPIC_BASE_URL: target.origin, ANTHROPIC_AUTH_TOKEN: target.key, ANTHROPIC_MODEL: target.model } })
})

test('nothing in a key or a model ends its quotes', () => {
  const nasty = `a'b"c$(touch x)\\\`d`
  expect(execFileSync('/bin/sh', ['-c', `printf %s ${shell(nasty)}`], { encoding: 'utf8' })).toBe(nasty)
  const given = { ...target, key: nasty, model: nasty }
  const curl = blocks('curl', given)[1]?.code ?? ''
  const words = execFileSync('/bin/sh', ['-c', `curl() { for word; do printf '%s\\0' "$word"; done; }\n${curl}`], { encoding: 'utf8' }).split('\0')
  expect(words).toContain(`x-api-key: ${nasty}`)
  expect(JSON.parse(words.at(-2) ?? '')).toMatchObject({ model: nasty })
  expect(blocks('openai-node', given)[1]?.code).toContain(`apiKey: ${JSON.stringify(nasty)}`)
})
