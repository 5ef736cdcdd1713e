import { ref } from 'vue'

import { Failure } from '../api/failure'
import { fieldWords } from '../i18n/refusals'
import { failureText } from './failures'

/**
 * What a form was refused for, beside the fields it is about.
 *
 *     problems.take(error)                       of a failed request
 *     <UFormField :error="problems.of('proxy')">
 *     <UAlert v-if="problems.rest.value" …>      what no field showed
 */
export function useProblems(shown: () => readonly string[]) {
  const fields = ref<Record<string, string>>({})
  const rest = ref('')

  function take(error: unknown): void {
    clear()
    if (!(error instanceof Failure) || !error.fields.length) {
      rest.value = failureText(error)
      return
    }
    const known = new Set(shown())
    const unseen: string[] = []
    for (const { field, message } of error.fields) {
      const words = fieldWords(message)
      if (known.has(field)) fields.value[field] = words
      else unseen.push(field ? `${field}: ${words}` : words)
    }
    rest.value = unseen.join('\n')
  }

  function clear(): void {
    fields.value = {}
    rest.value = ''
  }

  return { take, clear, rest, of: (name: string): string | undefined => fields.value[name] }
}
