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
  const overlay = useOverlay()
  // One for each question: a dialog that was closed is gone.
  return async (question) => (await overlay.create(ConfirmDialog, { destroyOnClose: true }).open(question).result) === true
}
