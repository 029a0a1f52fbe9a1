// What handlers of Event APIs get, for the type checker: the package's own types lack `stash`,
// `result` and `error`, which its Context has for GraphQL alone.
import type { EventOnPublishContext, EventOnSubscribeContext } from '@aws-appsync/utils';

declare global {
  type Flow<R = any> = {
    stash: Record<string, any>;
    result: R;
    error?: { message: string; type: string } | null;
    env: Record<string, string>;
    channel: string;
  };
  type Publish<T = any, R = any> = EventOnPublishContext<T> & Flow<R>;
  type Subscribe<R = any> = EventOnSubscribeContext & Flow<R>;
  var console: {
    log(...parts: any[]): void;
    debug(...parts: any[]): void;
    info(...parts: any[]): void;
    warn(...parts: any[]): void;
    error(...parts: any[]): void;
  };
}
