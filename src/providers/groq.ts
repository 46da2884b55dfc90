import { bearer, openSampling, type Provider } from './provider.ts'

export const groq: Provider = {
  id: 'groq',
  name: 'Groq',
  dialect: 'openai-chat',
  baseUrl: 'https://api.groq.com/openai/v1',
  keyFrom: ['GROQ_API_KEY'],
  auth: bearer,
  quirks: {
    refuses: [
      ...openSampling,
      'logit_bias',
      'logprobs',
      'top_logprobs',
      'verbosity',
      'modalities',
      'audio',
      'prediction',
    ],
  },
  docs: 'https://console.groq.com/docs/openai',
}
