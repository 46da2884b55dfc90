import { bearer, type Provider } from './provider.ts'

export const cerebras: Provider = {
  id: 'cerebras',
  name: 'Cerebras',
  dialect: 'openai-chat',
  baseUrl: 'https://api.cerebras.ai/v1',
  keyFrom: ['CEREBRAS_API_KEY'],
  auth: bearer,
  docs: 'https://inference-docs.cerebras.ai/resources/openai',
}
