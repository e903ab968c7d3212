import { createPropagation, instrument } from '@osprofiler/instruments'

instrument(undefined, { propagateTo: [createPropagation(), '*.svc.cluster.local'] })
