import { startSim } from '../sim/sim.ts'

/** Runs the simulated provider until it is told to go. */
export async function runSimulate({ port, host, seed }: { port: number; host: string; seed: number }): Promise<void> {
  const sim = startSim({ port, hostname: host, seed })
  console.log(`The simulated provider listens on ${sim.url} (its behaviours: docs/sim.md).`)
  const leave = (): void => void sim.stop().then(() => process.exit(0))
  process.on('SIGTERM', leave)
  process.on('SIGINT', leave)
}
