"""Runs a command that dies with the process that started it: launch.py PARENT_PID COMMAND ARGUMENT...

On Linux the kernel is asked to kill this process when its parent ends, however the parent ends; the wish
survives exec. Elsewhere the command simply runs.
"""

import os
import signal
import sys


def die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    import ctypes

    PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit("prctl(PR_SET_PDEATHSIG) was refused: errno %d" % ctypes.get_errno())
    # the parent may have ended before the wish was made
    if os.getppid() != parent:
        sys.exit("the parent process %d has ended" % parent)


die_with(int(sys.argv[1]))
os.umask(0o077)  # what services write is their owner's alone
os.execv(sys.argv[2], sys.argv[2:])
