import { useToast } from '@nuxt/ui/composables'

import { Failure } from '../api/failure'
import { t } from '../i18n'
import { fieldWords, refusalWords } from '../i18n/refusals'

/** What went wrong, in one line for people. */
export function failureText(error: unknown): string {
  if (!(error instanceof Failure)) return error instanceof Error ? error.message : String(error)
  if (error.status === 0) return t('failed.unreachable')
  const wait = error.retryAfterS ? ` ${t('failed.wait', { seconds: error.retryAfterS })}` : ''
  return `${refusalWords(error.code, error.message)}${wait}`
}

/** What `UForm` shows beside its fields; a problem of a part is shown at the field that holds it. */
export function fieldErrors(error: unknown): { name: string; message: string }[] {
  if (!(error instanceof Failure)) return []
  return error.fields.map(({ field, message }) => ({ name: field.split('.')[0] ?? field, message: fieldWords(message) }))
}

/** Says a failure at the edge of the window, for actions that have no better place. */
export function useComplaint(): (error: unknown) => void {
  const toast = useToast()
  return (error) => {
    if (error instanceof DOMException && error.name === 'AbortError') return
    toast.add({ title: t('failed.title'), description: failureText(error), color: 'error', icon: 'i-lucide-circle-alert' })
  }
}
