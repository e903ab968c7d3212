import { instrument } from '@osprofiler/instruments'

const undo = instrument() // all but the frameworks
undo()

const undoSome = instrument(['fetch', 'pg'], { propagateTo: '*.internal.example, 10.0.0.0/8', traceSql: 'statements' })
undoSome()
