import { bearer, type Provider } from './provider.ts'

export const zai: Provider = {
  id: 'zai',
  name: 'Z.ai (GLM)',
  dialect: 'openai-chat',
  baseUrl: 'https://api.z.ai/api/paas/v4',
  keyFrom: ['ZAI_API_KEY'],
  auth: bearer,
  serves: ['glm-'],
  quirks: {
    maxTokensField: 'max_tokens',
    noDeveloper: true,
    noSchemas: true,
    reasoningIn: 'thinking',
    thoughtsIn: 'reasoning_content',
  },
  docs: 'https://docs.z.ai/api-reference/introduction',
}
