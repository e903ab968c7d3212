import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Test files that take one to three minutes, mostly waiting. */
const LONG_RUNNING_FILES =
  /(?:hostile-places-\w|publishable|hung-dns|close-silent|truth\.test|cli-(?:follow|formats|run|trace)\.|messaging-|close-(?:rabbitmq|in-time)|[a-z]+[789]\.test|opensearch[23]\.test|-python)/

/** Starts the longest files first. If a long file started last, it would run alone on a single core. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG_RUNNING_FILES.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter(file => !isLong(file))]
  }
}
