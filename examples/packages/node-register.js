import { osprofiler } from '@osprofiler/node/register'

await osprofiler.close()
process.exit()
