// Times whole processes in turns: one run of each command a round, so that whatever slows the machine for a while slows
// all of them alike. The first command is the subject, the others are its peers.
//
//   startup ROUNDS COMMAND [ARGUMENT...] -- COMMAND [ARGUMENT...] [-- ...]
//
// Prints a line for each command: its median in microseconds, and the median over the rounds of subject / command.
// A command must exit 0; its stdin and stdout are /dev/null. Exits 2 when something cannot be run.

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_COMMANDS = 8, WARM_UP = 20 };

extern char **environ;

static _Noreturn void give_up(const char *what, const char *why) {
  fprintf(stderr, "startup: error: %s: %s\n", what, why);
  exit(2);
}

static double microseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

// The time from the spawn to the end of the process, in microseconds.
static double run_once(char **command, const posix_spawn_file_actions_t *streams) {
  pid_t child;
  int status;
  struct rusage used;
  double started = microseconds_now();
  int error = posix_spawn(&child, command[0], streams, NULL, command, environ);
  if (error != 0) give_up(command[0], strerror(error));
  while (wait4(child, &status, 0, &used) < 0)
    if (errno != EINTR) give_up(command[0], strerror(errno));
  double ended = microseconds_now();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) give_up(command[0], "did not exit 0");
  return ended - started;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

// Sorts the values.
static double median(double *values, size_t count) {
  qsort(values, count, sizeof *values, ascending);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

int main(int argc, char **argv) {
  char **commands[MOST_COMMANDS];
  size_t count = 0;
  long rounds = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
  if (rounds < 1) give_up("usage", "startup ROUNDS COMMAND... [-- COMMAND...]");
  for (int first = 2, at = 2; at <= argc; at++) {
    if (at < argc && strcmp(argv[at], "--") != 0) continue;
    if (at == first || count == MOST_COMMANDS) give_up("usage", "an empty command, or too many");
    argv[at] = NULL;
    commands[count++] = &argv[first];
    first = at + 1;
  }

  posix_spawn_file_actions_t streams;
  posix_spawn_file_actions_init(&streams);
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0) give_up("/dev/null", strerror(errno));
  posix_spawn_file_actions_adddup2(&streams, nowhere, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&streams, nowhere, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&streams, nowhere, STDERR_FILENO);

  // taken[c] holds command c's times, round by round.
  double *taken[MOST_COMMANDS], *scratch = calloc((size_t)rounds, sizeof *scratch);
  if (scratch == NULL) give_up("memory", strerror(errno));
  for (size_t c = 0; c < count; c++)
    if ((taken[c] = calloc((size_t)rounds, sizeof *scratch)) == NULL) give_up("memory", strerror(errno));

  for (long round = -WARM_UP; round < rounds; round++)
    for (size_t turn = 0; turn < count; turn++) {
      // Each round starts with another command, so that none always runs in the same one's wake.
      size_t c = (turn + (size_t)(round + WARM_UP)) % count;
      double time = run_once(commands[c], &streams);
      if (round >= 0) taken[c][round] = time;
    }

  double ratios[MOST_COMMANDS];
  for (size_t c = 0; c < count; c++) {
    for (long round = 0; round < rounds; round++) scratch[round] = taken[0][round] / taken[c][round];
    ratios[c] = median(scratch, (size_t)rounds);
  }
  for (size_t c = 0; c < count; c++) printf("%.0f %.3f\n", median(taken[c], (size_t)rounds), ratios[c]);
  return 0;
}
