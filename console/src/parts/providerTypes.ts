import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { api } from '../api/client'
import type { components } from '../api/schema'
import { language } from '../i18n'
import { typeIn } from './providerWords'

export type ProviderType = components['schemas']['ProviderTypeView']
export type AccountKind = components['schemas']['AccountKindView']
/** A member of an account's `credential` or `details`, named `credential.api_key`. */
export type AccountField = components['schemas']['AccountFieldView']

/** What kinds of providers and accounts this gateway can serve, in the language that is chosen; the same as long as it runs. */
export function useProviderTypes() {
  const translated = computed(() => {
    const spoken = language()
    return (items: ProviderType[]) => items.map((each) => typeIn(spoken, each))
  })
  return useQuery(computed(() => ({
    queryKey: ['provider-types'],
    queryFn: ({ signal }: { signal: AbortSignal }) => api.get('/v2/provider-types', { signal }).then((answer) => answer.items),
    staleTime: Infinity,
    select: translated.value,
  })))
}
