"""The Linux host we run on, as a node: its cgroups and processes in a kubelet's wire format.

`cgroupfiles`, `procfiles`, `naming`, `names` read bytes and paths; `exposition` and `summary` write
bodies; `grouping` adds up processes; `walking`, `processes`, `cgroups` and `machine` touch the file
system; `endpoint` answers requests, and `mirroring` shows the node to an API server.
"""
