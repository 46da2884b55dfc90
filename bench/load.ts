import { createInterface } from 'node:readline'
import { type AbortsTask, manyAborts } from './load/aborts.ts'
import { type ClosedTask, type CountedTask, closedLoop, countedLoop } from './load/closed.ts'
import { type GapsTask, gapsIn } from './load/gaps.ts'
import { fetchSample } from './load/judge.ts'
import { type OpenTask, openLoop } from './load/open.ts'
import { manyStreams, type StreamsTask } from './load/streams.ts'

/** The load generator: a process of its own that reads one task a line and writes one result a line, both JSON. */
export type Task =
  | ({ readonly type: 'sample' } & SampleTask)
  | ({ readonly type: 'closed' } & ClosedTask)
  | ({ readonly type: 'counted' } & CountedTask)
  | ({ readonly type: 'open' } & OpenTask)
  | ({ readonly type: 'streams' } & StreamsTask)
  | ({ readonly type: 'aborts' } & AbortsTask)
  | ({ readonly type: 'gaps' } & GapsTask)

export type SampleTask = { readonly port: number; readonly request: string }

function perform(task: Task): Promise<object> {
  switch (task.type) {
    case 'sample':
      return fetchSample(task.port, Buffer.from(task.request))
    case 'closed':
      return closedLoop(task)
    case 'counted':
      return countedLoop(task)
    case 'open':
      return openLoop(task)
    case 'streams':
      return manyStreams(task)
    case 'aborts':
      return manyAborts(task)
    case 'gaps':
      return gapsIn(task)
  }
}

/** Anything that goes wrong is an answer too: the asker says what it was doing, which this process cannot know. */
async function answer(line: string): Promise<object> {
  try {
    return await perform(JSON.parse(line) as Task)
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) }
  }
}

if (import.meta.main) {
  for await (const line of createInterface({ input: process.stdin })) console.log(JSON.stringify(await answer(line)))
  process.exit(0)
}
