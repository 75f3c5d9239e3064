"""The Linux host we run on, looked at: its cgroups and processes as a node with pods.

`cgroupfiles`, `procfiles`, `naming`, `names` read bytes and paths; `grouping` adds up processes;
`walking`, `processes`, `cgroups` and `machine` touch the file system; `housekeeping` keeps looking.
"""
