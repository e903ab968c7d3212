import { instrument } from '@osprofiler/instruments'

const undo = instrument() // turns on all instruments except those of frameworks
undo()

const undoSome = instrument(['fetch', 'pg'], { propagateTo: '*.internal.example, 10.0.0.0/8', traceSql: 'statements' })
undoSome()
