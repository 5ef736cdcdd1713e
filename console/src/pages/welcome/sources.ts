/** What can be added as a source of answers: a card for each type of provider, and for each vendor of those that have some. */
import type { Provider } from '../../api/types'
import type { ProviderType } from '../../parts/providerTypes'

export interface Source {
  /** Stands in the address, and is the name of the provider to be made. */
  name: string
  title: string
  type: string
  vendor: string | null
  kind: 'login' | 'key' | 'local' | 'program' | 'none'
  /** Whether the address of the service must or may be given. */
  address: 'needed' | 'optional' | 'none'
}

const VENDORS: Readonly<Record<string, string>> = {
  openai: 'OpenAI', siliconflow: 'SiliconFlow', deepseek: 'DeepSeek', zhipu: 'Zhipu', moonshot: 'Moonshot', qwen: 'Qwen', openrouter: 'OpenRouter', groq: 'Groq', mistral: 'Mistral', ollama: 'Ollama', vllm: 'vLLM', llamacpp: 'llama.cpp', lmstudio: 'LM Studio',
}
const LOCAL = new Set(['ollama', 'vllm', 'llamacpp', 'lmstudio'])
const GENERIC = 'generic'

/** In the order in which the page shows them: keys of vendors, logins, model servers, the rest. */
export const KINDS = ['key', 'login', 'local', 'program', 'none'] as const

export function sourcesOf(types: readonly ProviderType[]): Source[] {
  const found = types.flatMap((type): Source[] => {
    if (!type.vendors.length) return [{ name: type.type, title: type.title, type: type.type, vendor: null, kind: kindOf(type), address: addressOf(type) }]
    return type.vendors.map((vendor) => ({
      name: vendor === GENERIC ? 'compatible' : vendor,
      title: vendor === GENERIC ? type.title : (VENDORS[vendor] ?? vendor),
      type: type.type,
      vendor,
      kind: LOCAL.has(vendor) || vendor === GENERIC ? 'local' : 'key',
      address: vendor === GENERIC ? 'needed' : 'optional',
    }))
  })
  return KINDS.flatMap((kind) => found.filter((each) => each.kind === kind))
}

function kindOf(type: ProviderType): Source['kind'] {
  if (type.signs_in) return 'login'
  if (type.type === 'dummy') return 'none'
  if (type.type === 'claude-code') return 'program'
  return 'key'
}

const addressOf = ({ base_url: address }: ProviderType): Source['address'] => (address === 'needed' || address === 'optional' ? address : 'none')

/** The provider that is there already for this source: one more account is added to it. A generic one is never the same service. */
export function providerFor(source: Source, providers: readonly Provider[]): Provider | null {
  if (source.vendor === GENERIC) return null
  return providers.find((each) => each.enabled && each.type === source.type && (source.vendor === null || each.vendor === source.vendor)) ?? null
}

/** The name, or the name with a number, that no provider has. */
export function freeName(wanted: string, taken: readonly string[]): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!taken.includes(name)) return name
  }
}
