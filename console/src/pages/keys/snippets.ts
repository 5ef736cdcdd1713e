/** Ready-made settings of clients: the address of this gateway, a key and a model, written as each of them wants it. */

export interface Target {
  /** `http://gateway:8000`, without a path. */
  origin: string
  key: string
  model: string
}

export interface Block {
  /** The file it stands in, or what it is for; a key of the texts. */
  title: 'install' | 'shell' | 'settingsFile' | 'program' | 'chat' | 'messages'
  file?: string
  language: 'bash' | 'json' | 'python' | 'javascript'
  code: string
}

export interface Client {
  name: string
  label: string
  icon: string
  write: (target: Target) => Block[]
}

const QUESTION = 'Say hello in one sentence.'
const MAX_TOKENS = 1024

export const CLIENTS: readonly Client[] = [
  { name: 'claude-code', label: 'Claude Code', icon: 'i-lucide-square-terminal', write: claudeCode },
  { name: 'openai-python', label: 'OpenAI · Python', icon: 'i-lucide-code', write: (target) => python('openai', openaiPython(target)) },
  { name: 'openai-node', label: 'OpenAI · Node', icon: 'i-lucide-braces', write: (target) => node('openai', openaiNode(target)) },
  { name: 'anthropic-python', label: 'Anthropic · Python', icon: 'i-lucide-code', write: (target) => python('anthropic', anthropicPython(target)) },
  { name: 'anthropic-node', label: 'Anthropic · Node', icon: 'i-lucide-braces', write: (target) => node('@anthropic-ai/sdk', anthropicNode(target)) },
  { name: 'curl', label: 'curl', icon: 'i-lucide-terminal', write: curl },
  { name: 'langchain', label: 'LangChain', icon: 'i-lucide-link', write: (target) => python('langchain-openai', langchain(target)) },
]

/** What stands in the place of a secret that nobody knows any more. */
export const PLACEHOLDER = 'YOUR_API_KEY'

function claudeCode({ origin, key, model }: Target): Block[] {
  const settings = { ANTHROPIC_BASE_URL: origin, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model, ANTHROPIC_DEFAULT_HAIKU_MODEL: model }
  const exports = Object.entries(settings).map(([name, value]) => `export ${name}=${shell(value)}`)
  return [
    { title: 'shell', language: 'bash', code: [...exports, 'claude'].join('\n') },
    { title: 'settingsFile', file: '~/.claude/settings.json', language: 'json', code: JSON.stringify({ env: settings }, null, 2) },
  ]
}

/** Strings of JSON are strings of Python and JavaScript, too. */
const quoted = (text: string): string => JSON.stringify(text)

function openaiPython({ origin, key, model }: Target): string {
  return `from openai import OpenAI

client = OpenAI(base_url=${quoted(`${origin}/v1`)}, api_key=${quoted(key)})
answer = client.chat.completions.create(
    model=${quoted(model)},
    messages=[{"role": "user", "content": ${quoted(QUESTION)}}],
)
print(answer.choices[0].message.content)
`
}

function anthropicPython({ origin, key, model }: Target): string {
  return `from anthropic import Anthropic

client = Anthropic(base_url=${quoted(origin)}, api_key=${quoted(key)})
answer = client.messages.create(
    model=${quoted(model)},
    max_tokens=${MAX_TOKENS},
    messages=[{"role": "user", "content": ${quoted(QUESTION)}}],
)
print("".join(block.text for block in answer.content if block.type == "text"))
`
}

function langchain({ origin, key, model }: Target): string {
  return `from langchain_openai import ChatOpenAI

chat = ChatOpenAI(base_url=${quoted(`${origin}/v1`)}, api_key=${quoted(key)}, model=${quoted(model)})
print(chat.invoke(${quoted(QUESTION)}).content)
`
}

function openaiNode({ origin, key, model }: Target): string {
  return `import OpenAI from "openai";

const client = new OpenAI({ baseURL: ${quoted(`${origin}/v1`)}, apiKey: ${quoted(key)} });
const answer = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: "user", content: ${quoted(QUESTION)} }],
});
console.log(answer.choices[0].message.content);
`
}

function anthropicNode({ origin, key, model }: Target): string {
  return `import Anthropic from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: ${quoted(origin)}, apiKey: ${quoted(key)} });
const answer = await client.messages.create({
  model: ${quoted(model)},
  max_tokens: ${MAX_TOKENS},
  messages: [{ role: "user", content: ${quoted(QUESTION)} }],
});
console.log(answer.content.map((block) => (block.type === "text" ? block.text : "")).join(""));
`
}

function curl({ origin, key, model }: Target): Block[] {
  const messages = [{ role: 'user', content: QUESTION }]
  return [
    { title: 'chat', language: 'bash', code: request(`${origin}/v1/chat/completions`, [`authorization: Bearer ${key}`], { model, messages }) },
    { title: 'messages', language: 'bash', code: request(`${origin}/v1/messages`, [`x-api-key: ${key}`, 'anthropic-version: 2023-06-01'], { model, max_tokens: MAX_TOKENS, messages }) },
  ]
}

function request(url: string, headers: readonly string[], body: object): string {
  return [`curl ${shell(url)} \\`, ...['content-type: application/json', ...headers].map((each) => `  -H ${shell(each)} \\`), `  -d ${shell(JSON.stringify(body))}`].join('\n')
}

function python(packageName: string, code: string): Block[] {
  return [{ title: 'install', language: 'bash', code: `pip install ${packageName}` }, { title: 'program', file: 'hello.py', language: 'python', code }]
}

function node(packageName: string, code: string): Block[] {
  return [{ title: 'install', language: 'bash', code: `npm install ${packageName}` }, { title: 'program', file: 'hello.mjs', language: 'javascript', code }]
}

/** One word of a shell, whatever is in it. */
export function shell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
