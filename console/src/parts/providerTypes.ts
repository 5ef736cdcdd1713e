import { useQuery } from '@tanstack/vue-query'

import { send } from '../api/client'

/** A member of an account's `credential` or `details`, named `credential.api_key`. */
export interface AccountField { name: string; title: string; secret: boolean; required: boolean }
export interface AccountKind { kind: string; title: string; renewable: boolean; fields: AccountField[] }
export interface TypeSetting { name: string; kind: string; secret: boolean; schema: Record<string, unknown>; default: unknown; description: string }
export interface ProviderType {
  type: string
  title: string
  description: string
  base_url: 'needed' | 'optional' | 'none'
  vendors: string[]
  documentation: string
  signs_in: boolean
  account_kinds: AccountKind[]
  settings: TypeSetting[]
}

/** What kinds of providers and accounts this gateway can serve; the same as long as it runs. */
export function useProviderTypes() {
  return useQuery({
    queryKey: ['provider-types'],
    queryFn: async ({ signal }): Promise<ProviderType[]> => ((await (await send('/v2/provider-types', { signal })).json()) as { items: ProviderType[] }).items,
    staleTime: Infinity,
  })
}
