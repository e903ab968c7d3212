import { openDriver } from '@osprofiler/drivers'
import { createViewer } from '@osprofiler/viewer/server'

const driver = openDriver('sqlite:///traces.db')
const viewer = createViewer({ driver })
console.log(await viewer.listen()) // the address for the browser, with its token

process.once('SIGTERM', async () => {
  await viewer.close()
  await driver.close()
})
