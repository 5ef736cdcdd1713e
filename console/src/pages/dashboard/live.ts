import { useThrottleFn } from '@vueuse/core'
import type { Ref } from 'vue'

import type { LogRow, Summary } from '../../api/types'
import { useTail } from '../../parts/tail'
import { queries } from '../../queries'
import { counted, countedCourse, countedMinute, type Course, type Report } from './figures'
import { statsChanged } from './queries'
import type { Span } from './range'

const EVERY_MS = 5_000

/** Counts each request as it ends, and has the gateway add up again at most every few seconds. */
export function useLive(span: Ref<Span>, on: Ref<boolean>) {
  const addUp = useThrottleFn(() => { void statsChanged() }, EVERY_MS, true, false)

  function request(row: LogRow): void {
    queries.setQueriesData<Course>({ queryKey: ['stats', 'minutes'] }, (course) => course && countedCourse(course, row))
    queries.setQueriesData<Summary>({ queryKey: ['stats', 'summary'] }, (summary) => summary && countedMinute(summary, row))
    if (span.value.until === null) {
      queries.setQueryData<Report>(['stats', 'report', span.value], (report) => report && { ...report, total: counted(report.total, row) })
    }
    void addUp()
  }

  return useTail({ on, request, missed: () => { void addUp() } }).state
}
