/** `/foundation-models`: what there is, each as Amazon describes it. */

import { type Model, models } from '../models.ts'

export const listModels = (): string => JSON.stringify({ modelSummaries: models.map(entry) })

const entry = ({ name, use }: Model) => ({
  modelArn: `arn:aws:bedrock:us-east-1::foundation-model/${name}`,
  modelId: name,
  modelName: name,
  providerName: 'Sim',
  inputModalities: ['TEXT', 'IMAGE'],
  outputModalities: [use === 'chat' ? 'TEXT' : 'EMBEDDING'],
  responseStreamingSupported: use === 'chat',
  inferenceTypesSupported: ['ON_DEMAND'],
  modelLifecycle: { status: 'ACTIVE' },
})
