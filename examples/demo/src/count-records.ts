import { openDriver } from '@osprofiler/drivers'

/** Returns how many traces and records a store contains, and the id of the newest trace. */
export async function countRecords(
  connectionString: string,
): Promise<{ traces: number; records: number; newest: string | undefined }> {
  const driver = openDriver(connectionString)
  try {
    const list = (await driver.listTraces?.({ limit: Number.POSITIVE_INFINITY })) ?? []
    return {
      traces: list.length,
      records: list.reduce((sum, { records }) => sum + records, 0),
      newest: list[0]?.base_id,
    }
  } finally {
    await driver.close()
  }
}
