export const onSubscribe = {
  request() {
    return { payload: null };
  },
  response() {},
};

export const onPublish = {
  request() {},
  response: ({ events, error, result }) => (error ? [] : events.map(({ id }) => ({ id, payload: result }))),
};
