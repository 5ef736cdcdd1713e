import { useOverlay } from '@nuxt/ui/composables'

import ConfirmDialog from './ConfirmDialog.vue'

export interface Question {
  title: string
  text?: string
  verb: string
  typed?: string
  harmless?: boolean
}

/** `if (await confirm({ title, text, verb })) …` */
export function useConfirm(): (question: Question) => Promise<boolean> {
  const dialog = useOverlay().create(ConfirmDialog, { destroyOnClose: true })
  return async (question) => (await dialog.open(question).result) === true
}
